// The runs of a sweep in the cells of a grid: one or two settings, and what came of a metric.

// The values of a setting among runs, in order: numbers by size, all else by name.
export function valuesOf(runs, setting) {
  const found = new Map(runs.map((run) => [JSON.stringify(run.settings[setting] ?? null), run.settings[setting] ?? null]));
  return [...found.values()].sort((one, other) => (typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other), "en", { numeric: true })));
}

// Which settings to lay out first: those that take most values; the seed last, for it is what one averages over.
export function usualAxes(settings, runs) {
  const several = settings.filter((name) => valuesOf(runs, name).length > 1);
  const chosen = several.filter((name) => name !== "seed").sort((one, other) => valuesOf(runs, other).length - valuesOf(runs, one).length);
  return chosen.length ? [chosen[0], chosen[1] ?? ""] : [several[0] ?? "", ""];
}

// Cells in rows: each {across, down, runs, values, mean, low, high}; `values` are of the runs that have the metric.
export function cells(runs, metric, across, down) {
  const columns = across ? valuesOf(runs, across) : [null], rows = down ? valuesOf(runs, down) : [null];
  const same = (run, setting, value) => !setting || JSON.stringify(run.settings[setting] ?? null) === JSON.stringify(value);
  const cell = (x, y) => {
    const here = runs.filter((run) => same(run, across, x) && same(run, down, y));
    const values = here.map((run) => run.row[metric]).filter((value) => typeof value === "number");
    const mean = values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
    return { across: x, down: y, runs: here, values, mean, low: Math.min(...values), high: Math.max(...values) };
  };
  return { columns, rows, grid: rows.map((y) => columns.map((x) => cell(x, y))) };
}
