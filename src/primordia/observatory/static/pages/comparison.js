// What differs between runs, and their measures in common panels: the parts of a comparison that need no pictures.

import { metricFacts } from "../parts/explain.js";
import { lookOf } from "../curves/line_looks.js";
import { make } from "../parts/made.js";
import { spoken } from "../parts/numbers.js";
import { panelGrid, swatch } from "../curves/panels.js";
import { crosses, levelsOf } from "../curves/series.js";

const LETTERS = "ABCD";

// What runs are called on the page: A, B, C, D.
export function letter(place) {
  return LETTERS[place];
}

// A table of the settings that not all runs share; runs are answers of `Watch`.
export function differences(runs) {
  const all = runs.map((run) => ({ experiment: run.experiment.name, version: run.experiment.version, ...run.config }));
  const names = [...new Set(all.flatMap((each) => Object.keys(each)))];
  const differing = names.filter((name) => new Set(all.map((each) => JSON.stringify(each[name] ?? null))).size > 1);
  if (!differing.length) return make("p", { class: "soft" }, "All settings are the same, the seed too: the same system twice.");
  const value = (each, name) => (name in each ? String(each[name] === "" ? "empty" : each[name] ?? "none") : "–");
  return make("div", { class: "wide" }, make("table", { class: "table differences" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "setting"), runs.map((_, place) => make("th", { scope: "col" }, named(place))))),
    make("tbody", {}, differing.map((name) => make("tr", {}, make("th", { scope: "row" }, spoken(name)), all.map((each) => make("td", { class: "mono" }, value(each, name))))))));
}

// A letter with the look of its lines beside it.
export function named(place) {
  return make("span", { class: "run-letter" }, swatch(lookOf(place)), letter(place));
}

// The metrics that the runs have, a panel for each and a line for each run; transitions first, common ones before others.
// {rows(place, rows), cursor, onCursor, close}.
export function commonSeries(place, runs) {
  const descriptions = runs.map((run) => run.experiment);
  const watched = descriptions.flatMap((each) => Object.values(each.transitions).map((transition) => transition.metric));
  const names = [...new Set([...watched, ...descriptions.flatMap((each) => [...Object.values(each.panels).flat(), ...Object.keys(each.metrics)])])];
  const shared = (name) => descriptions.filter((each) => name in each.metrics).length;
  names.sort((one, other) => shared(other) - shared(one)); // a stable sort: what is watched stays in front
  const columns = runs.map(() => new Map(names.map((name) => [name, { xs: [], ys: [] }])));
  const panels = names.map((name) => panelOf(name, runs, columns));
  const grid = panelGrid(place, panels, { xName: descriptions[0].step_word });
  const newest = runs.map(() => -1), crossed = new Set();
  return {
    rows(at, rows) {
      for (const row of rows) {
        if (row.step <= newest[at]) continue;
        newest[at] = row.step;
        for (const [name, column] of columns[at]) {
          if (typeof row[name] !== "number") continue;
          column.xs.push(row.step);
          column.ys.push(row[name]);
        }
        for (const [name, transition] of Object.entries(descriptions[at].transitions)) {
          const mark = `${letter(at)} ${name}`;
          if (crossed.has(mark) || !crosses(transition, row[transition.metric])) continue;
          crossed.add(mark);
          grid.mark(row.step, mark);
        }
      }
      grid.changed();
    },
    cursor: grid.cursor, onCursor: grid.onCursor, close: grid.close,
  };
}

function panelOf(name, runs, columns) {
  const having = runs.map((run, at) => ({ run, at })).filter(({ run }) => name in run.experiment.metrics);
  const { experiment } = having[0].run;
  return {
    title: spoken(name), facts: metricFacts(name, experiment), levels: levelsOf(name, experiment),
    small: experiment.metrics[name].direction === "down",
    lines: having.map(({ at }) => ({ name: letter(at), unit: experiment.metrics[name].unit, look: () => lookOf(at), band: null, ...columns[at].get(name) })),
  };
}
