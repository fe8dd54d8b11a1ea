// Small multiples of a sweep: the course of a metric in a panel for each cell, a line for each run, all of one height.

import { metricFacts } from "../parts/explain.js";
import { lookOf } from "../curves/line_looks.js";
import { make } from "../parts/made.js";
import { spoken, written } from "../parts/numbers.js";
import { panelGrid } from "../curves/panels.js";

const MOST = 48; // runs whose rows are fetched
const TOLD_APART = 6; // lines of a panel, with as many kinds of dashes

// Draws into `place`; {close}. Rows come in one run after the other.
export function sweepSeries(place, { link, description, metric, across, down }, { grid }) {
  if (!(metric in description.metrics)) {
    place.append(make("p", { class: "soft" }, "The step of a transition is one number for a run; choose a metric that has a course."));
    return { close() {} };
  }
  const filled = grid.flat().filter((cell) => cell.runs.length);
  const chosen = filled.flatMap((cell) => cell.runs).slice(0, MOST);
  const left = filled.flatMap((cell) => cell.runs).length - chosen.length;
  const lines = new Map(chosen.map((run) => [run.run, { xs: [], ys: [] }]));
  const reach = () => extent([...lines.values()]);
  const panels = filled.map((cell) => panelOf(cell, { across, down, metric, description, lines, reach })).filter((panel) => panel.lines.length);
  const saying = make("p", { class: "soft", role: "status" });
  const holder = make("div", {});
  place.append(saying, holder);
  const drawn = panelGrid(holder, panels, { xName: description.step_word, searched: false });
  let closed = false;
  const fetchAll = async () => {
    for (const [at, { run }] of chosen.entries()) {
      saying.textContent = `reading ${at + 1} of ${chosen.length} runs`;
      const { rows } = await link.ask("Watch", { run });
      await link.ask("Unwatch", { run });
      if (closed) return;
      for (const row of rows) if (typeof row[metric] === "number") { lines.get(run).xs.push(row.step); lines.get(run).ys.push(row[metric]); }
      drawn.changed();
    }
    const axes = [across, down].filter(Boolean).map(spoken).join(" · ");
    saying.textContent = [`${spoken(metric)} by ${axes}`, left > 0 ? `${left} more runs are not drawn` : ""].filter(Boolean).join("; ");
  };
  fetchAll().catch((error) => { saying.textContent = error.message; });
  return { close() { closed = true; drawn.close(); } };
}

function panelOf(cell, { across, down, metric, description, lines, reach }) {
  const title = [[across, cell.across], [down, cell.down]].filter(([setting]) => setting).map(([, value]) => written(value === "" ? "empty" : value ?? "none")).join(" · ");
  const runs = cell.runs.filter((run) => lines.has(run.run));
  const crowd = runs.length > TOLD_APART;
  const look = (place) => () => (crowd ? { ...lookOf(0), width: 1 } : lookOf(place));
  return {
    title: title || spoken(metric), facts: metricFacts(metric, description), reach, crowd: crowd ? `${runs.length} runs` : "",
    lines: runs.map((run, place) => ({ name: nameOf(run, runs), unit: description.metrics[metric].unit, look: look(place), band: null, ...lines.get(run.run) })),
  };
}

// What tells a run from the others of its cell.
function nameOf(run, runs) {
  const differing = Object.keys(run.settings).filter((name) => runs.some((other) => other.settings[name] !== run.settings[name]));
  return differing.map((name) => `${spoken(name)} ${written(run.settings[name])}`).join(", ") || run.run;
}

function extent(columns) {
  let low = Infinity, high = -Infinity;
  for (const { ys } of columns) for (const y of ys) { if (y < low) low = y; if (y > high) high = y; }
  return low <= high ? [low, high] : null;
}
