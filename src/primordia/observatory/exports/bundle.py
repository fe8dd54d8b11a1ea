"""The page and a recording in one file, which plays from a disk: no server, and no connection is allowed to it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path

from primordia.core.errors import PrimordiaError

STATIC = Path(__file__).parents[1] / "static"
MAIN = "main.js"
INSTEAD = {"link/link.js": "link/recording_link.js"}
"""Modules of the page that have another one in their place where there is no server."""
IMPORT = re.compile(r"""(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}/[^"']+)\2""")
STYLE = re.compile(r'<link rel="stylesheet" href="/static/([^"]+)">')
ICON = re.compile(r'(<link rel="icon" href=")/static/([^"]+)(" type="([^"]+)">)')
SCRIPT = re.compile(r'<script defer src="/static/([^"]+)"></script>')
MODULE = re.compile(r'<script type="module" src="/static/([^"]+)"></script>')
NAMES = "primordia/"


def page(recording: bytes, title: str, static: Path = STATIC) -> str:
    """The whole page: styles and scripts inside, the recording as text, and a policy that forbids everything else.

    Args:
        recording: as `recording.pack` makes it.
        title: for the browser's tab.
        static: the folder of the page.

    Raises:
        PrimordiaError: a file of the page is missing.
    """
    text = _text(static, "index.html")
    digests: list[str] = []

    def styled(found: re.Match[str]) -> str:
        return f"<style>{_signed(_text(static, found[1]), digests, 'style')}</style>"

    def scripted(found: re.Match[str]) -> str:
        return f"<script>{_signed(_text(static, found[1]), digests, 'script')}</script>"

    text = STYLE.sub(styled, text)
    text = ICON.sub(lambda found: f"{found[1]}{_address(_text(static, found[2]), found[4])}{found[3]}", text)
    text = SCRIPT.sub(scripted, text)
    imports = {NAMES + name: _address(source, "text/javascript") for name, source in modules(static).items()}
    listed = _signed(json.dumps({"imports": imports}), digests, "script")
    begin = _signed(f'import "{NAMES}{MAIN}";', digests, "script")
    parts = (
        f'<script type="importmap">{listed}</script>\n'
        f'  <script type="application/octet-stream" id="recording">{base64.b64encode(recording).decode()}</script>\n'
        f'  <script type="module">{begin}</script>'
    )
    text = MODULE.sub(lambda found: parts, text)
    text = re.sub("<title>.*?</title>", lambda found: f"<title>{html.escape(title)}</title>", text)
    return text.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n  {_policy(digests)}', 1)


def modules(static: Path = STATIC) -> dict[str, str]:
    """Every module that the page can come to, by name, with imports by those names in place of addresses.

    Raises:
        PrimordiaError: one of them is missing.
    """
    found: dict[str, str] = {}
    waiting = [MAIN]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        source = _text(static, INSTEAD.get(name, name))
        waiting += [_beside(name, match[3]) for match in IMPORT.finditer(source)]
        found[name] = IMPORT.sub(lambda match, here=name: _renamed(here, match), source)  # type: ignore[misc]
    return found


def _renamed(name: str, match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{NAMES}{_beside(name, match[3])}{match[2]}"


def _beside(name: str, address: str) -> str:
    """The module that `address` means inside the module `name`."""
    parts: list[str] = name.split("/")[:-1]
    for part in address.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _text(static: Path, name: str) -> str:
    try:
        return (static / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PrimordiaError(f"The page lacks its file {name}; install primordia again.") from error


def _signed(content: str, digests: list[str], kind: str) -> str:
    """The content, after its digest was noted for the policy."""
    if f"</{kind}" in content.lower():
        raise PrimordiaError(f"A file of the page holds </{kind}, so it cannot stand inside one.")
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    digests.append(f"{kind}:'sha256-{digest}'")
    return content


def _policy(digests: list[str]) -> str:
    """No connection at all; of scripts and styles only those that are inside."""
    styles = " ".join(digest.removeprefix("style:") for digest in digests if digest.startswith("style:"))
    scripts = " ".join(digest.removeprefix("script:") for digest in digests if digest.startswith("script:"))
    rules = [
        "default-src 'none'", f"script-src data: {scripts}", f"style-src {styles}", "img-src data: blob:",
        "base-uri 'none'", "form-action 'none'",
    ]  # fmt: skip
    return f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">'


def _address(source: str, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(source.encode()).decode()}"
