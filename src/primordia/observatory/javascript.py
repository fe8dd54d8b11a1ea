"""Writes the page's `protocol.js`, what it knows of the protocol: `python -m primordia.observatory.javascript`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import get_type_hints

from primordia.observatory import frames, protocol

FILE = Path(__file__).parent / "static" / "link" / "protocol.js"
READERS = {"B": "getUint8", "H": "getUint16", "I": "getUint32", "Q": "getBigUint64"}
SIZES = {"B": 1, "H": 2, "I": 4, "Q": 8}
TOP = "// Written by primordia.observatory.javascript from protocol.py; a test fails when the two drift apart.\n"


def source() -> str:
    """The text of `protocol.js`: version, request and message kinds with their fields, and the reader of pictures."""
    requests = {name: list(get_type_hints(kind)) for name, kind in protocol.REQUESTS.items()}
    messages = {name: list(get_type_hints(kind)) for name, kind in protocol.MESSAGES.items()}
    parts = [
        TOP,
        f"export const VERSION = {frames.VERSION};\n",
        _table("REQUESTS", requests),
        _table("MESSAGES", messages),
        _reader(),
    ]
    return "".join(parts)


def _table(name: str, kinds: Mapping[str, list[str]]) -> str:
    """A constant with the fields of each kind, one kind a line."""
    lines = "".join(f"  {kind}: {json.dumps(fields)},\n" for kind, fields in kinds.items())
    return f"export const {name} = {{\n{lines}}};\n"


def _reader() -> str:
    """A function from a binary message to its header and pixels; null where it is no picture of this version."""
    lines, at = [], 0
    for name, letter in zip(frames.HEADER_FIELDS, frames.HEADER.format.lstrip("<"), strict=True):
        read = f"view.{READERS[letter]}({at}{'' if letter == 'B' else ', true'})"
        lines.append(f"    {name}: {f'Number({read})' if letter == 'Q' else read},\n")
        at += SIZES[letter]
    return (
        "export function readFrame(buffer) {\n"
        f"  if (buffer.byteLength < {at}) return null;\n"
        "  const view = new DataView(buffer);\n"
        f"  const frame = {{\n{''.join(lines)}    pixels: new Uint8Array(buffer, {at}),\n  }};\n"
        f"  const known = frame.magic === {frames.MAGIC} && frame.version === VERSION && frame.kind === "
        f"{frames.FRAME};\n"
        "  return known ? frame : null;\n}\n"
    )


if __name__ == "__main__":
    FILE.write_text(source())
