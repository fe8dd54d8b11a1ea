// What an experiment has found, of any kind: one module draws each.

import * as animation from "./animation.js";
import * as chart from "./chart.js";
import * as execution from "./execution.js";
import * as graph from "./graph.js";
import { make } from "./made.js";
import * as matrix from "./matrix.js";
import * as picture from "./picture.js";
import * as specimen from "./specimen.js";
import * as table from "./table.js";
import * as text from "./text.js";

const KINDS = { table, text, chart, picture, animation, matrix, graph, execution, specimen };

// A finding as an element. `context` is {link, run, step, experiment, onIntervene, onFreeze}; most kinds need none of it.
export function render(finding, context = {}) {
  const known = KINDS[finding.kind];
  const body = known ? known.render(finding, context) : make("p", { class: "soft" }, `This page cannot draw a ${finding.kind}.`);
  return make("section", { class: `finding kind-${finding.kind}`, "aria-label": finding.title },
    make("h3", {}, finding.title), body, finding.note ? make("p", { class: "finding-note" }, finding.note) : null);
}
