// A table that can be sorted by any column and copied.

import { button, copyText, make } from "../parts/made.js";
import { written } from "../parts/numbers.js";

const TALL = 14; // rows from which on the table scrolls in a box of its own

// A finding {columns, rows}.
export function render(finding) {
  const numeric = finding.columns.map((_, at) => finding.rows.some((row) => typeof row[at] === "number")
    && finding.rows.every((row) => row[at] === null || typeof row[at] === "number"));
  const state = { sorted: null, down: false };
  const body = make("tbody", {});
  const heads = finding.columns.map((name, at) => head(name, numeric[at], () => sort(at)));
  const fill = () => body.replaceChildren(...ordered(finding.rows, state).map((row) => line(row, numeric)));
  const sort = (at) => {
    state.down = state.sorted === at ? !state.down : numeric[at]; // numbers are looked at from the greatest down
    state.sorted = at;
    heads.forEach((cell, place) => cell.setAttribute("aria-sort", place !== at ? "none" : state.down ? "descending" : "ascending"));
    fill();
  };
  fill();
  const drawn = make("table", { class: "table" }, make("thead", {}, make("tr", {}, heads)), body);
  const box = make("div", { class: `wide ${finding.rows.length > TALL ? "tall" : ""}`, tabindex: "0", role: "region", "aria-label": finding.title }, drawn);
  const copy = button("copy as CSV", () => copyText(csv(finding), copy, drawn), { class: "button quiet small" });
  return make("div", { class: "finding-table" }, box, make("div", { class: "finding-tools" }, make("span", { class: "soft" }, `${finding.rows.length} rows`), copy));
}

function head(name, number, sort) {
  return make("th", { scope: "col", class: number ? "number" : null, "aria-sort": "none" },
    make("button", { type: "button", class: "sorter", on: { click: sort } }, name));
}

function line(row, numeric) {
  const kind = (cell, at) => (numeric[at] ? "number" : wordy(cell) ? "wordy" : null);
  return make("tr", {}, row.map((cell, at) => make("td", { class: kind(cell, at) }, shown(cell))));
}

// Sentences may break into lines; programs and names may not.
function wordy(cell) {
  return typeof cell === "string" && cell.length > 28 && cell.trim().includes(" ");
}

function shown(cell) {
  if (cell === true) return "yes";
  if (cell === false) return "no";
  return written(cell);
}

// Empty cells come last, whichever way.
function ordered(rows, { sorted, down }) {
  if (sorted === null) return rows;
  const way = down ? -1 : 1;
  return [...rows].sort((one, other) => {
    const a = one[sorted], b = other[sorted];
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === "number" && typeof b === "number") return way * (a - b);
    return way * String(a).localeCompare(String(b), "en", { numeric: true });
  });
}

// The table as comma-separated values, with every digit.
export function csv({ columns, rows }) {
  return [columns, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

function quoted(cell) {
  const text = cell === null ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
