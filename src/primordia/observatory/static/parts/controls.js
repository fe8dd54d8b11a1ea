// Buttons with a drawing on them. Each says to everybody what it does, and which key does the same.

import { draw, make } from "./made.js";

// `words` is its label; `icon` one of the drawings below; with `shown` false the words are only for hover and readers.
export function control(words, does, { icon = null, key = "", kind = "", shown = !icon } = {}) {
  const facts = { type: "button", class: `button ${shown ? "" : "icon"} ${kind}`, on: { click: does } };
  facts.title = key ? `${words} (${key})` : words;
  if (!shown) facts["aria-label"] = words;
  if (key) facts["aria-keyshortcuts"] = key;
  return make("button", facts, icon && drawing(icon), shown && words);
}

// Changes what a control says and shows, such as Play to Pause.
export function relabel(button, words, icon, key = "") {
  if (button.getAttribute("aria-label") === words) return;
  button.setAttribute("aria-label", words);
  button.title = key ? `${words} (${key})` : words;
  button.replaceChildren(drawing(icon));
}

// Line drawings, 16 x 16, in the colour of the text around them.
const PATHS = {
  brand: "M2 2h5v5H2z M9 2h5v5H9z M2 9h5v5H2z M11.5 9v5M9 11.5h5",
  play: "M4.5 2.8v10.4L13 8z",
  pause: "M5 3v10M11 3v10",
  backwards: "M11.5 2.8v10.4L3 8z",
  step: "M4 3l6 5-6 5zM12.5 3v10",
  back: "M12 3L6 8l6 5zM3.5 3v10",
  slower: "M3.5 8h9",
  faster: "M3.5 8h9M8 3.5v9",
  now: "M3 3l5 5-5 5M11.5 3v10",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  closer: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4L14 14M7 5v4M5 7h4",
  farther: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4L14 14M5 7h4",
  inspect: "M8 1.5v4M8 10.5v4M1.5 8h4M10.5 8h4",
  bookmark: "M4 2h8v12l-4-3.2L4 14z",
  freeze: "M8 1.8v12.4M2.6 4.9l10.8 6.2M13.4 4.9L2.6 11.1M6.4 2.8L8 4.4l1.6-1.6M6.4 13.2L8 11.6l1.6 1.6",
  export: "M8 2v8M4.8 6.8L8 10l3.2-3.2M2.5 13.5h11",
  branch: "M4 2v12M4 9.5c0-3.5 8-1 8-5.5M10 5.5L12 3.3l2 2.2",
  reset: "M3.2 9a5 5 0 1 0 1.5-4.6M4.3 1.8v3h3",
  seed: "M3 3h10v10H3zM5.7 5.7h.01M10.3 5.7h.01M8 8h.01M5.7 10.3h.01M10.3 10.3h.01",
  change: "M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM11.5 9v5M9 11.5h5",
  theme: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 2v12M10.5 3.5v9",
  palette: "M8 2a6 6 0 1 0 0 12c1.6 0 1.3-1.6.9-2.2-.5-.9.1-1.8 1-1.8H12a2 2 0 0 0 2-2c0-3.5-2.7-6-6-6zM5 7h.01M8 5h.01M11 7h.01",
  help: "M6 6a2 2 0 1 1 2.7 1.9c-.5.2-.7.6-.7 1.1v.5M8 12h.01M8 1.7a6.3 6.3 0 1 0 0 12.6A6.3 6.3 0 0 0 8 1.7z",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  close: "M4 4l8 8M12 4l-8 8",
};

export function drawing(name) {
  const shape = { viewBox: "0 0 16 16", width: 16, height: 16, fill: "none", stroke: "currentColor", "aria-hidden": "true" };
  const stroke = { d: PATHS[name], "stroke-width": 1.5, "stroke-linecap": "round", "stroke-linejoin": "round" };
  return draw("svg", shape, draw("path", stroke));
}
