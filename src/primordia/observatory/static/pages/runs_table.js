// The table of runs: sorted, filtered, chosen for comparison.

import { control } from "../parts/controls.js";
import { explain } from "../parts/explain.js";
import { aboutMetric } from "../parts/descriptions.js";
import { make } from "../parts/made.js";
import { ago, grouped, hasUnit, spoken, written } from "../parts/numbers.js";
import { sparkline } from "./sparkline.js";

const AT_FIRST = 12; // rows shown before somebody asks for all
const MOST_COMPARED = 4;
const COLUMNS = [
  ["run", "run", (run) => run.preset || "defaults"],
  ["experiment", "experiment", (run) => run.experiment],
  ["status", "status", (run) => run.status],
  ["step", "step", (run) => run.step],
  ["value", "main metric", (run) => run.value],
  ["seed", "seed", (run) => run.seed],
  ["created", "begun", (run) => run.created],
];

// {element, show(runs)}; `begin` goes to where runs are started.
export function runsTable(link, begin) {
  const state = { link, runs: [], sorted: "created", down: true, text: "", statuses: new Set(), chosen: new Set(), all: false, rows: new Map() };
  const body = make("tbody", {});
  const find = make("input", { type: "search", placeholder: "find a run", "aria-label": "find a run", class: "runs-find" });
  const chips = make("div", { class: "row", role: "group", "aria-label": "only these" });
  const compare = control("Compare", () => { location.hash = `#/compare/${[...state.chosen].join("/")}`; }, { kind: "main" });
  const more = control("", () => { state.all = true; refresh(); }, { shown: true, kind: "quiet" });
  const heads = COLUMNS.map(([key, name]) => head(key, name, () => {
    state.down = state.sorted === key ? !state.down : key === "created" || key === "step" || key === "value";
    state.sorted = key;
    refresh();
  }));
  const refresh = () => {
    const shown = filtered(state);
    const cut = state.all ? shown : shown.slice(0, AT_FIRST);
    heads.forEach(({ cell, key }) => cell.setAttribute("aria-sort", key !== state.sorted ? "none" : state.down ? "descending" : "ascending"));
    settle(body, cut.map((run) => rowOf(state, run, changed)));
    more.hidden = cut.length === shown.length;
    more.textContent = `show all ${shown.length}`;
    none.hidden = shown.length > 0;
    changed();
  };
  const changed = () => {
    const count = state.chosen.size;
    compare.hidden = count < 2;
    compare.textContent = `Compare ${count}`;
    for (const box of body.querySelectorAll("input")) box.disabled = !box.checked && count >= MOST_COMPARED;
  };
  find.addEventListener("input", () => { state.text = find.value; refresh(); });
  body.addEventListener("keydown", (event) => walk(body, event));
  const none = make("p", { class: "soft" }, "No run is like that.");
  const table = make("table", { class: "table runs" }, make("thead", {}, make("tr", {}, make("th", {}, make("span", { class: "visually-hidden" }, "compare")), make("th", {}, make("span", { class: "visually-hidden" }, "picture")), heads.map(({ cell }) => cell))), body);
  const element = make("section", { class: "stack", "aria-label": "Runs" }, make("div", { class: "row runs-tools" }, find, chips, make("span", { class: "grow" }), compare, link.readOnly ? null : control("Start something", begin)), make("div", { class: "wide" }, table), none, more);
  return {
    element,
    show(runs) {
      state.runs = runs;
      const there = new Set(runs.map((run) => run.run));
      for (const run of state.chosen) if (!there.has(run)) state.chosen.delete(run);
      statusChips(chips, state, refresh);
      refresh();
    },
  };
}

function head(key, name, sort) {
  const cell = make("th", { scope: "col", class: ["step", "value", "seed"].includes(key) ? "number" : null }, make("button", { type: "button", class: "sorter", on: { click: sort } }, name));
  return { key, cell };
}

function statusChips(place, state, refresh) {
  const counts = new Map();
  for (const run of state.runs) counts.set(statusOf(run), (counts.get(statusOf(run)) ?? 0) + 1);
  const now = JSON.stringify([...counts]);
  if (place.dataset.now === now) return;
  place.dataset.now = now;
  place.replaceChildren(...[...counts].map(([status, count]) => {
    const chip = make("button", { type: "button", class: "chip", "aria-pressed": String(state.statuses.has(status)) }, make("i", { class: `light ${status}` }), `${status} ${count}`);
    chip.addEventListener("click", () => {
      if (!state.statuses.delete(status)) state.statuses.add(status);
      chip.setAttribute("aria-pressed", String(state.statuses.has(status)));
      refresh();
    });
    return chip;
  }));
}

function statusOf(run) {
  return run.damage ? "damaged" : run.status;
}

function filtered({ runs, text, statuses, sorted, down }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const told = (run) => [run.run, run.experiment, run.preset, `seed ${run.seed}`, ...Object.entries(run.settings ?? {}).map(([name, value]) => `${name}=${value}`)].join(" ").toLowerCase();
  const key = COLUMNS.find(([name]) => name === sorted)[2];
  const fits = (run) => (!statuses.size || statuses.has(statusOf(run))) && (!words.length || words.every((word) => told(run).includes(word)));
  return runs.filter(fits).sort((one, other) => (down ? -1 : 1) * ordered(key(one), key(other)) || String(other.created).localeCompare(String(one.created)));
}

function ordered(one, other) {
  if (one === other) return 0;
  if (one === null || one === undefined) return -1;
  if (other === null || other === undefined) return 1;
  return typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));
}

// A row is made again only when its run changed, so that nobody's focus is lost to news of another.
function rowOf(state, run, changed) {
  const now = JSON.stringify(run);
  const kept = state.rows.get(run.run);
  if (kept?.now === now) return kept.row;
  const row = run.damage ? damagedRow(run) : wholeRow(state, run, changed);
  state.rows.set(run.run, { now, row });
  return row;
}

function damagedRow(run) {
  return make("tr", { class: "damaged" }, make("td", {}), make("td", {}), make("td", { colspan: COLUMNS.length }, make("strong", {}, run.run), " ", make("span", { class: "bad" }, run.damage)));
}

function wholeRow(state, run, changed) {
  const box = make("input", { type: "checkbox", "aria-label": `compare ${run.run}` });
  box.checked = state.chosen.has(run.run);
  box.addEventListener("change", () => { if (box.checked) state.chosen.add(run.run); else state.chosen.delete(run.run); changed(); });
  const link = make("a", { href: `#/run/${run.run}`, class: "entry-link" }, make("strong", {}, run.preset || "defaults"), make("span", { class: "entry-id mono soft" }, run.run));
  const value = make("span", { class: "entry-value" }, written(run.value), hasUnit(run.unit) ? make("small", { class: "soft" }, ` ${run.unit}`) : "");
  const name = make("span", { class: "soft entry-metric" }, spoken(run.metric ?? ""));
  if (run.metric) explain(name, () => aboutMetric(state.link, run.experiment, run.metric));
  const row = make("tr", {},
    make("td", { class: "entry-box" }, box),
    make("td", { class: "entry-picture" }, run.thumbnail ? make("img", { src: run.thumbnail, alt: "", loading: "lazy" }) : null),
    make("td", { class: "entry-name" }, link),
    make("td", { class: "entry-experiment" }, run.experiment),
    make("td", { class: "entry-status" }, make("span", { class: "row" }, make("i", { class: `light ${run.status}` }), run.status)),
    make("td", { class: "number entry-step" }, stepOf(run)),
    make("td", { class: "number entry-main" }, make("div", { class: "entry-course" }, sparkline(run.history ?? []), value), name),
    make("td", { class: "number entry-seed" }, String(run.seed ?? "")),
    make("td", { class: "entry-when" }, make("time", { datetime: run.created, title: run.created }, ago(run.created))));
  row.addEventListener("click", (event) => { if (!event.target.closest("a, input, .explained")) location.hash = `#/run/${run.run}`; });
  return row;
}

function stepOf({ step, steps }) {
  const share = steps ? Math.min(1, step / steps) : 0;
  const bar = make("span", { class: "entry-share", "aria-hidden": "true" }, make("i", { style: { width: `${100 * share}%` } }));
  return make("span", {}, grouped(step), steps ? make("span", { class: "soft" }, ` / ${grouped(steps)}`) : "", bar);
}

function settle(body, rows) {
  const same = rows.length === body.children.length && rows.every((row, at) => row === body.children[at]);
  if (same) return;
  const focused = document.activeElement?.closest?.("tr") ? document.activeElement.getAttribute("href") : null;
  body.replaceChildren(...rows);
  if (focused) body.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

// Up and down go to the same place in the next row.
function walk(body, event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = event.target.closest("tr");
  const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  const goal = next?.querySelector(event.target.matches("input") ? "input" : "a");
  if (!goal) return;
  goal.focus();
  event.preventDefault();
}
