// What the page says to a person: a short sentence at the bottom, and questions before what cannot be taken back.

import { control } from "./controls.js";
import { make } from "./made.js";

const LASTS = 5000;
let saying = null;
let timer = 0;

// `refused` is said at once to screen readers and stays longer.
export function say(sentence, { refused = false } = {}) {
  saying?.remove();
  saying = make("div", { class: `saying ${refused ? "refused" : ""}`, role: refused ? "alert" : "status" }, sentence);
  document.body.append(saying);
  clearTimeout(timer);
  timer = setTimeout(() => saying.remove(), refused ? 2 * LASTS : LASTS);
}

export function refusal(error) {
  say(error.message, { refused: true });
}

// Opens a dialog with these children; it is gone when it closes. Escape closes it.
export function dialog(title, ...children) {
  const heading = make("h2", {}, title);
  const close = control("Close", () => opened.close(), { icon: "close", kind: "quiet" });
  const opened = make("dialog", { "aria-label": title }, make("div", { class: "dialog-top" }, heading, close), ...children);
  opened.addEventListener("close", () => opened.remove());
  opened.addEventListener("pointerdown", (event) => { if (event.target === opened && outside(opened, event)) opened.close(); });
  document.body.append(opened);
  opened.showModal();
  (opened.querySelector("input, select, .button.main") ?? close).focus();
  return opened;
}

function outside(opened, { clientX, clientY }) {
  const box = opened.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

// Whether somebody said yes.
export function agreed(title, text, yes) {
  return new Promise((resolve) => {
    let answer = false;
    const close = (value) => () => { answer = value; opened.close(); };
    const answers = make("div", { class: "answers" }, control("Cancel", close(false)), control(yes, close(true), { kind: "main" }));
    const opened = dialog(title, make("p", {}, text), answers);
    opened.addEventListener("close", () => resolve(answer));
    answers.lastChild.focus();
  });
}

// A text that somebody typed, or null. `facts` are attributes of the input.
export function typed(title, label, facts, yes) {
  return new Promise((resolve) => {
    const input = make("input", { id: "typed", autocomplete: "off", ...facts });
    const form = make("form", { method: "dialog", class: "stack" },
      make("div", { class: "field" }, make("label", { for: "typed" }, label), input),
      make("div", { class: "answers" }, control("Cancel", () => opened.close("")), make("button", { class: "button main", value: "yes" }, yes)));
    const opened = dialog(title, form);
    opened.addEventListener("close", () => resolve(opened.returnValue === "yes" ? input.value.trim() : null));
    input.select();
  });
}
