// What the colours of a picture mean: those that occur in it, the most frequent first. Pointing at one, or choosing
// it, dims all others. `sole` is told the meaning of the only colour there is, or "".

import { counts } from "./changes.js";
import { make } from "../parts/made.js";
import { colours, css, onChange } from "./palettes.js";

const MOST = 16;
const PAUSE = 250; // milliseconds between two counts while pictures stream in

export function legend(place, view, palette, sole = () => {}) {
  const list = make("ul", { class: "view-legend", "aria-label": "Colours" });
  place.append(list);
  const drawn = new Map();
  let shown = "";
  let chosen = null;
  let timer = 0;

  const light = (index) => view.highlight(index ?? chosen);
  const choose = (index) => {
    chosen = chosen === index ? null : index;
    for (const [each, { button }] of drawn) button?.setAttribute("aria-pressed", String(each === chosen));
    light(null);
  };

  const entry = (index) => {
    const swatch = make("i", { class: "swatch" });
    const on = { click: () => choose(index), pointerenter: () => light(index), pointerleave: () => light(null) };
    if (!palette[index][0]) return { swatch, item: make("li", {}, swatch) };
    const button = make("button", { type: "button", class: "chip", "aria-pressed": "false", on }, swatch, palette[index][0]);
    return { swatch, button, item: make("li", {}, button) };
  };

  const paint = () => {
    const rgb = colours(palette);
    for (const [index, { swatch }] of drawn) swatch.style.background = css(rgb, index);
  };

  const count = () => {
    timer = 0;
    const frame = view.frame();
    if (!frame) return;
    const found = counts(frame, palette.length);
    const occurring = [...found.keys()].filter((index) => found[index]).sort((a, b) => found[b] - found[a]).slice(0, MOST).sort((a, b) => a - b);
    if (String(occurring) === shown) return;
    shown = String(occurring);
    for (const index of occurring) if (!drawn.has(index)) drawn.set(index, entry(index));
    sole(occurring.length === 1 ? palette[occurring[0]][0] : "");
    list.replaceChildren(...occurring.map((index) => drawn.get(index).item));
    paint();
  };

  const offs = [onChange(paint), view.onFrame(() => { timer ||= setTimeout(count, shown ? PAUSE : 0); })];
  return { close() { clearTimeout(timer); sole(""); for (const off of offs) off(); list.remove(); } };
}
