"""What every page is held to: readable text, names for what is worked with, nothing wider than the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

AUDIT = Path(__file__).with_name("audit.js").read_text()
WORKED_WITH = {"button", "checkbox", "combobox", "link", "radio", "searchbox", "slider", "spinbutton", "tab", "textbox"}


def faults(page: Any) -> list[str]:
    """What is wrong with the page as it stands, in words; none for a good one."""
    found: dict[str, list[str]] = page.evaluate(AUDIT)
    return [f"{kind}: {fault}" for kind, faults in found.items() for fault in faults] + nameless(page)


def nameless(page: Any) -> list[str]:
    """What can be worked with and has no name, as the browser tells it to a screen reader."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        f"nameless: {node['role']['value']} {node.get('description', {}).get('value', '')}"
        for node in nodes
        if not node["ignored"]
        and node["role"]["value"].lower() in WORKED_WITH
        and not node.get("name", {}).get("value", "").strip()
    ]
