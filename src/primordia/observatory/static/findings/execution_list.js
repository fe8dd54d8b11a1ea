// All steps of an execution, one line each. Only the lines that are in sight exist, so a thousand steps cost little.

import { make } from "../parts/made.js";
import { grouped } from "../parts/numbers.js";

const LINE = 22; // pixels, as in execution.css
const SPARE = 4;

// `chosen(number)` is called when somebody clicks a line; steps count from 1 on.
export function stepList({ steps, glyphs }, chosen) {
  const inner = make("ol", { class: "execution-steps" });
  const box = make("div", { class: "execution-list", tabindex: "-1" }, inner);
  const only = make("input", { type: "checkbox" });
  const idle = steps.filter((step) => !step.counts).length;
  const filter = make("label", { class: "execution-filter soft" }, only, `hide the ${idle} no-ops`);
  const state = { shown: steps.map((_, at) => at), number: 0 };

  function draw() {
    const first = Math.max(0, Math.floor(box.scrollTop / LINE) - SPARE);
    const last = Math.min(state.shown.length, Math.ceil((box.scrollTop + box.clientHeight) / LINE) + SPARE);
    inner.style.height = `${LINE * state.shown.length}px`;
    inner.replaceChildren(...state.shown.slice(first, last).map((at, place) => line(at, first + place)));
  }

  function line(at, place) {
    const step = steps[at];
    const changes = step.changes.map(([cell, value]) => `${cell} ← ${glyphs[value]}`).join(", ");
    const facts = {
      class: step.counts ? null : "idle", style: { top: `${LINE * place}px` },
      "aria-current": state.number === at + 1 ? "step" : null, on: { click: () => chosen(at + 1) },
    };
    return make("li", facts, make("span", {}, String(at + 1)), make("span", {}, String(step.at)), make("code", {}, step.text), make("span", {}, step.meaning), make("span", {}, changes));
  }

  // The line of the step that was just done, or of the last shown one before it, is kept in sight.
  function follow() {
    const place = state.shown.findLastIndex((at) => at < state.number);
    const top = LINE * Math.max(0, place);
    if (top < box.scrollTop || top + LINE > box.scrollTop + box.clientHeight) box.scrollTop = top - box.clientHeight / 2 + LINE;
  }

  only.addEventListener("change", () => {
    state.shown = steps.map((_, at) => at).filter((at) => !only.checked || steps[at].counts);
    follow();
    draw();
  });
  box.addEventListener("scroll", draw, { passive: true });
  new ResizeObserver(draw).observe(box);
  const head = make("div", { class: "execution-head soft" }, make("span", {}, steps.length === 1 ? "1 step" : `${grouped(steps.length)} steps`), idle ? filter : null);
  return {
    element: make("div", {}, head, box),
    show(moment) {
      state.number = moment.number;
      follow();
      draw();
    },
  };
}
