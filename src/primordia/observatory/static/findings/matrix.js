// A matrix as a heat map that can be read off: by pointer or by arrow keys, with names, value and unit.

import { inkOn, rgb, scaleOf } from "../picture/colour_scales.js";
import { onLooks } from "../curves/line_looks.js";
import { make } from "../parts/made.js";
import { hasUnit, withUnit, written } from "../parts/numbers.js";
import { ink } from "../parts/theme.js";

const FONT = "system-ui, -apple-system, \"Segoe UI\", \"Noto Sans\", sans-serif";
const LARGEST = 46, SMALLEST = 3; // pixels to a cell
const NUMBERS_FROM = 34, NAMES_FROM = 11;
const LONGEST_NAME = 110;

// A finding {values: [[…]], rows, columns, unit, centre, scale}.
export function render(finding) {
  const canvas = make("canvas", { class: "matrix-cells", tabindex: "0", role: "img" });
  const reading = make("output", { class: "matrix-reading mono" });
  const bar = make("canvas", { class: "matrix-bar", width: 256, height: 1, "aria-hidden": "true" });
  const ends = make("div", { class: "matrix-ends soft" });
  const holder = make("div", { class: "matrix-holder" }, canvas);
  const body = make("div", { class: "finding-matrix" }, reading, holder, make("div", { class: "matrix-scale" }, bar, ends));
  const state = { finding, canvas, at: null, scale: null, layout: null };
  const paint = () => {
    if (!holder.clientWidth) return;
    state.scale = scaleOf(finding.values.flat(), finding.centre, finding.scale);
    state.layout = laidOut(finding, holder.clientWidth);
    drawCells(state);
    drawBar(bar, ends, state);
  };
  const read = (at) => {
    state.at = at;
    drawCells(state);
    reading.textContent = at ? sentence(finding, at) : "point at a cell, or use the arrow keys";
    canvas.setAttribute("aria-label", at ? sentence(finding, at) : `${finding.title}: ${finding.rows.length} rows, ${finding.columns.length} columns`);
  };
  canvas.addEventListener("pointermove", (event) => read(cellAt(state, event)));
  canvas.addEventListener("pointerleave", () => read(null));
  canvas.addEventListener("keydown", (event) => moved(state, event, read));
  const sizes = new ResizeObserver(() => { paint(); read(state.at); });
  sizes.observe(holder);
  const stop = onLooks(() => { if (!body.isConnected) stop(); paint(); });
  return body;
}

function sentence({ rows, columns, values, unit }, [row, column]) {
  return `${rows[row]} · ${columns[column]} = ${withUnit(values[row][column], unit)}`;
}

// Where everything lies, in CSS pixels.
function laidOut({ rows, columns }, width) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `11px ${FONT}`;
  const wide = (names) => Math.min(LONGEST_NAME, Math.max(...names.map((name) => context.measureText(name).width)) + 8);
  const left = wide(rows);
  const cell = Math.max(SMALLEST, Math.min(LARGEST, Math.floor((width - left - 4) / columns.length)));
  const tilted = columns.some((name) => context.measureText(name).width > cell - 4);
  const top = cell < NAMES_FROM ? 18 : tilted ? wide(columns) : 18;
  return { left: cell < NAMES_FROM ? Math.min(left, 60) : left, top, cell, tilted };
}

function drawCells({ finding, canvas, at, scale, layout }) {
  if (!layout) return;
  const { values, rows, columns } = finding;
  const { left, top, cell } = layout;
  const width = left + columns.length * cell + 2, height = top + rows.length * cell + 2;
  const sharp = devicePixelRatio;
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(sharp, sharp);
  const gap = cell > 8 ? 1 : 0;
  context.font = `${Math.min(12, cell / 3.2)}px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  values.forEach((row, r) => row.forEach((value, c) => {
    const colour = scale.colour(value);
    context.fillStyle = rgb(colour);
    context.fillRect(left + c * cell, top + r * cell, cell - gap, cell - gap);
    if (cell < NUMBERS_FROM) return;
    context.fillStyle = inkOn(colour);
    context.fillText(brief(value, scale), left + (c + 0.5) * cell, top + (r + 0.5) * cell, cell - 3);
  }));
  drawNames(context, finding, layout);
  if (!at) return;
  context.strokeStyle = ink("accent");
  context.lineWidth = 2;
  context.strokeRect(left + at[1] * cell - 0.5, top + at[0] * cell - 0.5, cell, cell);
}

// Two digits, and what is nearly nothing beside the rest says so; the line above tells every digit.
function brief(value, { low, high }) {
  if (value !== 0 && Math.abs(value) < 1e-3 * Math.max(Math.abs(low), Math.abs(high))) return "~0";
  return written(Number(value.toPrecision(2)));
}

// A name for each row and column where there is room, else for the first and the last.
function drawNames(context, { rows, columns }, { left, top, cell, tilted }) {
  context.fillStyle = ink("soft");
  context.font = `11px ${FONT}`;
  const every = cell >= NAMES_FROM;
  context.textAlign = "right";
  rows.forEach((name, r) => {
    if (every || r === 0 || r === rows.length - 1) context.fillText(shortened(context, name, left - 6), left - 5, top + (r + 0.5) * cell);
  });
  columns.forEach((name, c) => {
    const last = c === columns.length - 1;
    if (!every && c !== 0 && !last) return;
    context.save();
    context.translate(left + (c + 0.5) * cell, top - 5);
    if (every && tilted) context.rotate(-Math.PI / 2);
    context.textAlign = every && tilted ? "left" : every ? "center" : c === 0 ? "left" : "right";
    context.textBaseline = every && tilted ? "middle" : "alphabetic";
    context.fillText(shortened(context, name, LONGEST_NAME - 8), 0, 0);
    context.restore();
  });
}

function shortened(context, name, room) {
  let text = name;
  while (text.length > 1 && context.measureText(text).width > room) text = `${text.slice(0, -2)}…`;
  return text;
}

function drawBar(bar, ends, { scale, finding }) {
  const context = bar.getContext("2d");
  for (let x = 0; x < 256; x++) {
    context.fillStyle = rgb(scale.colour(scale.low + (scale.high - scale.low) * x / 255));
    context.fillRect(x, 0, 1, 1);
  }
  const unit = hasUnit(finding.unit) ? finding.unit : "";
  const middle = finding.centre === null || finding.centre === undefined ? unit : `${written(finding.centre)} ${unit}`;
  ends.replaceChildren(...[written(scale.low), middle, written(scale.high)].map((text) => make("span", {}, text)));
}

function cellAt({ finding, canvas, layout }, event) {
  const box = canvas.getBoundingClientRect();
  const row = Math.floor((event.clientY - box.top - layout.top) / layout.cell);
  const column = Math.floor((event.clientX - box.left - layout.left) / layout.cell);
  return row >= 0 && column >= 0 && row < finding.rows.length && column < finding.columns.length ? [row, column] : null;
}

function moved({ finding, at }, event, read) {
  const [row, column] = at ?? [0, 0];
  const moves = {
    ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
    Home: [row, 0], End: [row, Infinity], Escape: null,
  };
  if (!(event.key in moves)) return;
  const goal = moves[event.key];
  const inside = (value, count) => Math.max(0, Math.min(count - 1, value));
  read(goal && (at ? [inside(goal[0], finding.rows.length), inside(goal[1], finding.columns.length)] : [0, 0]));
  if (event.key !== "Escape") { event.preventDefault(); event.stopPropagation(); }
}
