// All runs of an experiment, or of a sweep by its name: a metric over one or two settings, as a heat map or over the steps.

import { inkOn, rgb, scaleOf } from "../picture/colour_scales.js";
import { control } from "../parts/controls.js";
import { describe } from "../parts/descriptions.js";
import { explain, metricFacts, settingFacts } from "../parts/explain.js";
import { onLooks } from "../curves/line_looks.js";
import { make } from "../parts/made.js";
import { spoken, withUnit, written } from "../parts/numbers.js";
import { cells, usualAxes } from "./sweep_cells.js";
import { sweepSeries } from "./sweep_series.js";
import { topBar } from "../parts/top_bar.js";

export async function open(place, link, words) {
  const of = words.join("/");
  const sweep = await link.ask("Sweep", { of });
  const experiment = sweep.experiment;
  const description = await describe(link, experiment);
  document.title = `${of} · primordia`;
  const [across, down] = usualAxes(sweep.settings, sweep.runs);
  const watched = Object.values(description.transitions).map((each) => each.metric);
  const metric = watched.find((name) => sweep.metrics.includes(name)) ?? sweep.metrics[0];
  const state = { link, sweep, description, metric, across, down, shape: "map", chosen: null, series: null };
  const body = make("div", { class: "stack" });
  const page = make("div", { class: "page stack sweep" });
  place.append(topBar(link, make("h1", { class: "where" }, of === experiment ? `Sweep of ${experiment}` : `Sweep ${of} of ${experiment}`)), page);
  if (sweep.runs.length < 2) {
    page.append(make("p", {}, `A sweep needs two runs; ${of} has ${sweep.runs.length}.`), make("p", { class: "soft" }, of === experiment ? "Start it again with another seed or another setting." : "Come back when more of its cells have begun."));
    return { close() {} };
  }
  const show = () => draw(state, body, show);
  page.append(choices(state, show), body);
  show();
  const off = onLooks(show);
  return { close() { off(); state.series?.close(); } };
}

function choices(state, show) {
  const { sweep, description } = state;
  const select = (words, key, names, empty) => {
    const id = `sweep-${key}`;
    const box = make("select", { id }, [...(empty ? [["", empty]] : []), ...names.map((name) => [name, spoken(name)])].map(([value, text]) => make("option", { value }, text)));
    box.value = state[key];
    box.addEventListener("change", () => { state[key] = box.value; state.chosen = null; show(); });
    const label = make("label", { for: id }, words);
    explain(label, () => aboutChoice(state, key));
    return make("div", { class: "field" }, label, box);
  };
  const shapes = [["map", "heat map"], ["steps", "over steps"]].map(([shape, words]) => {
    const chosen = control(words, () => {
      state.shape = shape;
      shapes.forEach((each) => each.setAttribute("aria-pressed", String(each === chosen)));
      show();
    });
    chosen.setAttribute("aria-pressed", String(shape === state.shape));
    return chosen;
  });
  return make("div", { class: "panel row sweep-choices" },
    select("metric", "metric", [...Object.keys(description.metrics).filter((name) => sweep.metrics.includes(name)), ...sweep.metrics.filter((name) => !(name in description.metrics))]),
    select("across", "across", sweep.settings), select("down", "down", sweep.settings, "nothing"),
    make("div", { class: "row", role: "group", "aria-label": "how to draw" }, shapes), make("span", { class: "soft" }, `${sweep.runs.length} runs`));
}

function aboutChoice({ description, ...state }, key) {
  if (key !== "metric") {
    const field = description.settings.find(({ name }) => name === state[key]);
    return field ? settingFacts(field) : { title: key, meaning: "A setting that differs between the runs." };
  }
  if (state.metric in description.metrics) return metricFacts(state.metric, description);
  return { title: state.metric, meaning: "When the transition was first seen; runs that have not crossed it are counted and left out of the mean." };
}

function draw(state, body, show) {
  state.series?.close();
  state.series = null;
  const laid = cells(state.sweep.runs, state.metric, state.across, state.down);
  if (state.shape === "steps") {
    const place = make("div", {});
    body.replaceChildren(place);
    state.series = sweepSeries(place, state, laid);
    return;
  }
  body.replaceChildren(...[map(state, laid, show), state.chosen && list(state)].filter(Boolean));
}

function map(state, { columns, rows, grid }, show) {
  const means = grid.flat().map((cell) => cell.mean).filter((mean) => mean !== null);
  const scale = means.length ? scaleOf(means, null) : null;
  const name = (setting, value) => (setting ? `${spoken(setting)} ${saidOf(value)}` : "");
  const head = make("tr", {}, make("th", {}, corner(state)), columns.map((value) => make("th", { scope: "col" }, state.across ? saidOf(value) : "")));
  const lines = grid.map((cellsOfRow, at) => make("tr", {}, make("th", { scope: "row" }, state.down ? saidOf(rows[at]) : ""), cellsOfRow.map((cell) => {
    const label = [name(state.across, cell.across), name(state.down, cell.down)].filter(Boolean).join(", ");
    return make("td", {}, cellButton(state, cell, scale, label, show));
  })));
  const unit = state.description.metrics[state.metric]?.unit ?? "";
  const legend = scale && make("p", { class: "soft" }, `Mean of ${spoken(state.metric)} over the runs of a cell, from ${withUnit(scale.low, unit)} (dark) to ${withUnit(scale.high, unit)} (light); below it the range and how many runs. A click goes to them.`);
  return make("div", { class: "stack" }, make("div", { class: "wide" }, make("table", { class: "sweep-map" }, make("thead", {}, head), make("tbody", {}, lines))),
    legend || make("p", { class: "soft" }, "No run has this metric."));
}

function corner({ across, down }) {
  return [down ? make("span", {}, `${spoken(down)} ↓`) : "", across ? make("span", {}, `${spoken(across)} →`) : ""];
}

function saidOf(value) {
  return value === "" ? "empty" : written(value ?? "none");
}

function cellButton(state, cell, scale, label, show) {
  if (!cell.runs.length) return make("span", { class: "sweep-cell none soft" }, "no run");
  const all = cell.runs.length, have = cell.values.length;
  const count = have === all ? `${all} ${all === 1 ? "run" : "runs"}` : `${have} of ${all} runs`;
  const spread = have > 1 ? `${written(cell.low)} … ${written(cell.high)}` : "";
  const go = () => {
    if (all === 1) { location.hash = `#/run/${cell.runs[0].run}`; return; }
    state.chosen = { cell, label };
    show();
  };
  const button = make("button", { type: "button", class: "sweep-cell", "aria-label": `${label}: ${written(cell.mean)}, ${count}`, on: { click: go } }, make("b", {}, written(cell.mean)), make("span", {}, spread), make("span", {}, count));
  if (cell.mean !== null) {
    const colour = scale.colour(cell.mean);
    button.style.background = rgb(colour);
    button.style.color = inkOn(colour);
  }
  return button;
}

// The runs of a cell that was clicked.
function list(state) {
  const { cell, label } = state.chosen;
  const items = [...cell.runs].sort((one, other) => (other.row[state.metric] ?? -Infinity) - (one.row[state.metric] ?? -Infinity));
  const compared = items.slice(0, 4).map((run) => run.run).join("/");
  const section = make("section", { class: "panel stack", "aria-label": `Runs of ${label}` },
    make("div", { class: "row" }, make("h2", {}, label || "All runs"), make("a", { class: "button", href: `#/compare/${compared}` }, `Compare ${Math.min(4, items.length)}`)),
    make("ul", { class: "sweep-list" }, items.map((run) => make("li", {}, make("a", { href: `#/run/${run.run}` }, make("b", {}, written(run.row[state.metric])), ` seed ${run.settings.seed ?? "the same"}`, make("span", { class: "mono soft" }, ` ${run.run}`))))));
  requestAnimationFrame(() => section.scrollIntoView({ block: "nearest" }));
  return section;
}
