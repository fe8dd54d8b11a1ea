// The instruction that was just done and the one that comes next, each with what it means.

import { make } from "../parts/made.js";

export function instructionLines({ glyphs, steps, stopped }) {
  const done = line("done");
  const next = line("next");
  const element = make("dl", { class: "execution-lines" }, done.name, done.text, next.name, next.text);
  return {
    element,
    show(moment) {
      done.say(moment.done, "nothing yet", moment.changed.map(([cell, old, now]) => `${cell}: ${glyphs[old]} → ${glyphs[now]}`));
      const end = steps.length && !stopped ? "no further step is shown" : "the machine has stopped";
      next.say(moment.next, end, []);
    },
  };
}

function line(word) {
  const text = make("dd", {});
  return {
    name: make("dt", {}, word),
    text,
    say(step, otherwise, changes) {
      text.className = step ? "" : "soft";
      if (!step) return text.replaceChildren(otherwise);
      const changed = changes.length ? make("span", { class: "execution-changed" }, changes.join(", ")) : "";
      text.replaceChildren(make("span", { class: "soft" }, String(step.at)), make("code", {}, step.text), make("span", {}, step.meaning), changed);
    },
  };
}
