// What an experiment has found, of any kind: one module draws each, and is loaded when its kind first comes.

import { heading } from "./larger.js";
import { make } from "../parts/made.js";

const KINDS = {
  table: () => import("./table.js"),
  text: () => import("./text.js"),
  chart: () => import("./chart.js"),
  picture: () => import("./picture.js"),
  animation: () => import("./animation.js"),
  matrix: () => import("./matrix.js"),
  graph: () => import("./graph.js"),
  execution: () => import("./execution.js"),
  specimen: () => import("./specimen.js"),
};

// A finding as an element. `context` is {link, run, step, experiment, onIntervene, onFreeze}; most kinds need none of it.
export function render(finding, context = {}) {
  const body = make("p", { class: "soft" }, "…");
  fill(body, finding, context);
  const section = make("section", { class: `finding kind-${finding.kind}`, "aria-label": finding.title },
    heading(finding.title, () => section), body, finding.note ? make("p", { class: "finding-note" }, finding.note) : null);
  return section;
}

async function fill(body, finding, context) {
  const load = KINDS[finding.kind];
  if (!load) return void (body.textContent = `This page cannot draw a ${finding.kind}.`);
  try {
    body.replaceWith((await load()).render(finding, context));
  } catch (error) {
    body.textContent = `This ${finding.kind} cannot be drawn: ${error.message}`;
  }
}
