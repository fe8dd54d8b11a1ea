// Tabs beside the picture, each with a panel; the column can be made broader, and both choices are remembered.

import { make } from "../parts/made.js";
import { keep, recall } from "../parts/remember.js";

const [LEAST, USUAL, MOST] = [280, 400, 900];

export function sidePanels(place, named) {
  const list = make("div", { class: "tabs", role: "tablist", "aria-label": "Panels" });
  const parts = new Map();
  const openings = new Map();
  let chosen = null;

  for (const [name, words] of named) {
    const tab = make("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, on: { click: () => choose(name), keydown: (event) => walk(event, name) } }, words);
    const box = make("div", { class: "side-panel", role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, tabindex: 0, hidden: true });
    parts.set(name, { tab, box });
    list.append(tab);
  }

  function choose(name) {
    if (!parts.has(name)) return;
    chosen = name;
    keep("panel", name);
    for (const [each, { tab, box }] of parts) {
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
      box.hidden = each !== name;
    }
    openings.get(name)?.();
  }

  function walk(event, name) {
    const names = [...parts.keys()];
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = names[(names.indexOf(name) + by + names.length) % names.length];
    choose(next);
    parts.get(next).tab.focus();
  }

  place.append(divider(place), list, make("div", { class: "side-panels" }, [...parts.values()].map(({ box }) => box)));
  choose(parts.has(recall("panel", "")) && recall("panel", "") !== "place" ? recall("panel", "") : named[0][0]);
  return {
    box: (name) => parts.get(name).box,
    choose,
    onOpen(name, listener) {
      openings.set(name, listener);
      if (chosen === name) queueMicrotask(listener);
    },
  };
}

// Dragged, or moved with the arrows, it makes the column broader.
function divider(place) {
  const handle = make("div", { class: "divider", role: "separator", "aria-orientation": "vertical", "aria-label": "Breadth of the panels", tabindex: 0, "aria-valuemin": LEAST, "aria-valuemax": MOST });
  const set = (breadth) => {
    const kept = Math.round(Math.min(MOST, Math.max(LEAST, breadth)));
    place.style.setProperty("--breadth", `${kept}px`);
    handle.setAttribute("aria-valuenow", String(kept));
    keep("breadth", kept);
  };
  const breadth = () => Number(handle.getAttribute("aria-valuenow"));
  handle.addEventListener("pointerdown", (event) => { handle.setPointerCapture(event.pointerId); event.preventDefault(); });
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) set(place.getBoundingClientRect().right - event.clientX);
  });
  handle.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: 20, ArrowRight: -20 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    set(breadth() + by);
  });
  set(recall("breadth", USUAL));
  return handle;
}
