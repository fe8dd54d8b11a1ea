// A chart: lines over a common axis, with a legend that hides and shows them, and shaded bands.

import { lookOf, onLooks } from "../curves/line_looks.js";
import { make } from "../parts/made.js";
import { written } from "../parts/numbers.js";
import { swatch, tint } from "../curves/panels.js";
import { plot } from "../curves/plot.js";
import { lastAt } from "../curves/thinning.js";

// A finding {x, y, log_x, log_y, lines: {name: [[x, y]]}, bands: {name: [[x, low, high]]}}.
export function render(finding) {
  const lines = Object.entries(finding.lines).map(([name, points], place) => lineOf(name, points, finding.bands?.[name], place));
  const holder = make("div", { class: "chart-holder" });
  const items = lines.map((line) => item(line, () => show()));
  const reading = make("span", { class: "chart-reading mono" });
  const drawn = plot(holder, { label: `${finding.title}: ${finding.y} over ${finding.x}`, height: 230, logX: finding.log_x, logY: finding.log_y });
  const show = () => drawn.show(lines.map((line) => ({ ...line, look: lookOf(line.place) })));
  drawn.onCursor((x) => {
    const at = x === null ? null : nearestX(lines, x);
    drawn.cursor(at);
    reading.textContent = at === null ? "" : `${finding.x} ${written(at)}`;
    items.forEach((each, place) => { each.output.textContent = at === null ? "" : written(valueAt(lines[place], at)); });
    drawn.box.setAttribute("aria-valuetext", `${reading.textContent}: ${lines.map((line) => `${line.name} ${written(valueAt(line, at))}`).join(", ")}`);
  });
  const stop = onLooks(() => {
    if (!holder.isConnected) stop(); // the finding was replaced by another
    items.forEach((each, place) => tint(each.sample, lookOf(place)));
    drawn.repaint();
    show();
  });
  show();
  return make("div", { class: "finding-chart" },
    make("ul", { class: "legend" }, items.map((each) => each.element)),
    make("div", { class: "chart-axis soft" }, finding.y, reading), holder, make("div", { class: "chart-axis chart-x soft" }, finding.x));
}

// Points may come in any order; an axis needs them in the order of x.
function lineOf(name, points, band, place) {
  const sorted = [...points].sort((one, other) => one[0] - other[0]);
  const edges = band ? [...band].sort((one, other) => one[0] - other[0]) : null;
  return {
    name, place, xs: sorted.map((point) => point[0]), ys: sorted.map((point) => point[1]),
    band: edges && { xs: edges.map((edge) => edge[0]), low: edges.map((edge) => edge[1]), high: edges.map((edge) => edge[2]) },
  };
}

function item(line, changed) {
  const sample = swatch(lookOf(line.place));
  const output = make("output", {});
  const toggle = make("button", { type: "button", class: "legend-line", "aria-pressed": "true" }, sample, make("span", {}, line.name), output);
  toggle.addEventListener("click", () => {
    line.shown = line.shown === false;
    toggle.setAttribute("aria-pressed", String(line.shown));
    changed();
  });
  return { element: make("li", {}, toggle), sample, output };
}

function nearestX(lines, x) {
  let best = null;
  for (const { xs } of lines) {
    const below = lastAt(xs, x);
    for (const at of [xs[below], xs[below + 1]]) {
      if (at !== undefined && (best === null || Math.abs(at - x) < Math.abs(best - x))) best = at;
    }
  }
  return best;
}

function valueAt(line, x) {
  const at = x === null ? -1 : lastAt(line.xs, x);
  return line.xs[at] === x ? line.ys[at] : null;
}
