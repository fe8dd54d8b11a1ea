// A monospaced text that can be copied.

import { button, copyText, make } from "../parts/made.js";

// A finding {text}.
export function render(finding) {
  const text = make("pre", { tabindex: "0", role: "region", "aria-label": finding.title }, finding.text);
  const copy = button("copy", () => copyText(finding.text, copy, text), { class: "button quiet small" });
  return make("div", { class: "finding-text" }, text, make("div", { class: "finding-tools" }, copy));
}
