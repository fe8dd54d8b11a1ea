// The metrics of one run as panels: what the experiment draws together first, then what transitions watch, then all else.

import { metricFacts, transitionFacts } from "../parts/explain.js";
import { lookOf } from "./line_looks.js";
import { spoken } from "../parts/numbers.js";
import { panelGrid } from "./panels.js";

// Series panels of a run whose experiment has this description. `rows` takes new rows, those known already included;
// `mark` names a step (an intervention, a bookmark; transitions are marked anyway); `cursor` shows a step, or with null
// the newest; `onCursor(fn)` calls fn(step or null, chosen): pointed at, or chosen by a click or Enter.
export function seriesPanel(place, description) {
  const columns = new Map(Object.keys(description.metrics).map((name) => [name, { xs: [], ys: [] }]));
  const bands = new Map(Object.keys(description.bands ?? {}).map((name) => [name, { xs: [], low: [], high: [] }]));
  const grid = panelGrid(place, planned(description, columns, bands), { xName: description.step_word });
  const crossed = new Set();
  let newest = -1;
  return {
    rows(rows) {
      for (const row of rows) {
        if (row.step <= newest) continue;
        newest = row.step;
        append(columns, bands, description, row);
        for (const [name, line] of Object.entries(description.transitions ?? {})) {
          if (crossed.has(name) || !crosses(line, row[line.metric])) continue;
          crossed.add(name);
          grid.mark(row.step, name, transitionFacts(name, line));
        }
      }
      grid.changed();
    },
    mark(step, label) {
      if (!crossed.has(label)) grid.mark(step, label);
    },
    cursor: grid.cursor,
    onCursor: grid.onCursor,
    close: grid.close,
  };
}

// Whether a value lies at or beyond a transition's line.
export function crosses(transition, value) {
  if (value === undefined || value === null) return false;
  return transition.rising ? value >= transition.threshold : value <= transition.threshold;
}

// The levels that transitions draw into a panel of a metric.
export function levelsOf(name, description) {
  const watched = Object.entries(description.transitions ?? {}).filter(([, each]) => each.metric === name);
  return watched.map(([title, each]) => ({ y: each.threshold, name: title }));
}

// The metrics that have a panel of their own, those that transitions watch first; edges of bands have none.
export function singles(description) {
  const together = new Set(Object.values(description.panels ?? {}).flat());
  const edges = new Set(Object.values(description.bands ?? {}).flat());
  const watched = Object.values(description.transitions ?? {}).map((each) => each.metric);
  const names = [...new Set([...watched, ...Object.keys(description.metrics)])];
  return names.filter((name) => !together.has(name) && !edges.has(name));
}

function planned(description, columns, bands) {
  const line = (name, place) => ({
    name: spoken(name), facts: metricFacts(name, description), unit: description.metrics[name].unit,
    look: () => lookOf(place), band: bands.get(name) ?? null, ...columns.get(name),
  });
  const small = (names) => names.some((name) => description.metrics[name].direction === "down");
  const levels = (names) => names.flatMap((name) => levelsOf(name, description));
  const together = Object.entries(description.panels ?? {}).map(([title, names]) => ({
    title, lines: names.map(line), levels: levels(names), small: small(names),
  }));
  const alone = singles(description).map((name) => ({
    title: spoken(name), facts: metricFacts(name, description), lines: [line(name, 0)], levels: levels([name]), small: small([name]),
  }));
  return [...together, ...alone];
}

function append(columns, bands, description, row) {
  for (const [name, column] of columns) {
    if (row[name] === undefined || row[name] === null) continue;
    column.xs.push(row.step);
    column.ys.push(row[name]);
  }
  for (const [name, band] of bands) {
    const [low, high] = description.bands[name];
    if (row[low] === undefined || row[high] === undefined) continue;
    band.xs.push(row.step);
    band.low.push(row[low]);
    band.high.push(row[high]);
  }
}
