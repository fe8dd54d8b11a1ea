// Every key of the run page in one table, which the help shows and the page obeys.

import { make } from "../parts/made.js";
import { dialog } from "../parts/said.js";

// Groups of [keys, words, name of what it does]. Shown as they stand; " " is the space bar.
export const KEYS = [
  ["Time", [
    [[" "], "play or pause", "play"],
    [["Shift+ "], "play backwards", "backwards"],
    [["."], "one step", "step"],
    [[","], "one step back", "back"],
    [["g"], "go to a step", "goTo"],
    [["n"], "go to the newest step", "now"],
  ]],
  ["Speed", [
    [["["], "half as many steps to a picture", "slower"],
    [["]"], "twice as many steps to a picture", "faster"],
    [["0"], "as fast as it goes, drawn when ready", "free"],
    [["m"], "as fast as it goes, not drawn", "undrawn"],
  ]],
  ["Picture", [
    [["f"], "fit everything", "fit"],
    [["+", "="], "closer", "closer"],
    [["-"], "farther", "farther"],
    [["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], "move about", "arrow"],
    [["i"], "inspect: arrows point, Enter picks", "inspect"],
    [["c"], "colour what changed since the picture before", "change"],
    [["v"], "next view", "nextView"],
    [["p"], "next palette", "palette"],
    [["t"], "dark or light", "theme"],
  ]],
  ["Run", [
    [["b"], "bookmark this step", "bookmark"],
    [["e"], "export pictures, films, a page to share", "export"],
    [["Shift+b"], "branch: a new run from the step shown", "branch"],
    [["r"], "again: a new run with the same settings", "reset"],
    [["s"], "again with another seed", "seed"],
    [["?"], "all keys", "help"],
    [["Escape"], "close what is open; else hide or show everything but the picture", "escape"],
  ]],
];

const NAMES = { " ": "Space", "Shift+ ": "Shift Space", "Shift+b": "Shift B", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
const SLIDING = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"];

// Obeys keys with `deeds`: name -> fn(event); a deed that is not there, and one that returns false, leaves the key alone.
export function obeyKeys(deeds) {
  const table = new Map(KEYS.flatMap(([, rows]) => rows.flatMap(([keys, , name]) => keys.map((key) => [key, name]))));
  const pressed = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || busyElsewhere(event)) return;
    const plain = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const name = (event.shiftKey && table.get(`Shift+${plain}`)) || table.get(plain);
    if (name && deeds[name] && deeds[name](event) !== false) event.preventDefault();
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

// Somebody types, has a dialog open, or is about to press a button with Space or Enter.
function busyElsewhere(event) {
  const { target, key } = event;
  if (document.querySelector("dialog[open]") || !target.closest) return true;
  if (target.type === "range") return SLIDING.includes(key);
  if (target.closest("input, select, textarea, [contenteditable]")) return true;
  if (target.closest("button, a, summary, [role=tab], [role=slider]")) return [" ", "Enter", ...SLIDING].includes(key);
  return Boolean(target.closest("[data-own-keys]"));
}

export function showKeys(available = () => true) {
  const groups = KEYS.map(([title, rows]) => make("section", {}, make("h3", {}, title),
    make("dl", { class: "keys" }, rows.filter(([, , name]) => available(name)).flatMap(([keys, words]) => [
      make("dt", {}, keys.map((key) => make("kbd", {}, NAMES[key] ?? key))), make("dd", {}, words),
    ]))));
  const pointing = make("p", { class: "soft" }, "Drag the picture to move it, turn the wheel or pinch to zoom, click a cell to inspect it.");
  const opened = dialog("All keys", make("div", { class: "key-groups" }, groups), pointing);
  opened.addEventListener("keydown", (event) => {
    if (event.key !== "?") return;
    event.preventDefault(); // or the page, which hears of it next, would open them again
    opened.close();
  });
}
