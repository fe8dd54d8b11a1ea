// Lines over a common axis, drawn by uPlot: thinned to what the width can show, with marks, levels and a keyboard.

import { make } from "../parts/made.js";
import { written } from "../parts/numbers.js";
import { ink } from "../parts/theme.js";
import { lastAt, thinned } from "./thinning.js";

const FONT = '11px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif';
const FEW = 16; // points of a line that are drawn as such

// Puts a plot into `place`. `options`: {label, height, logX, logY, zooms}. Lines are {xs, ys, look, shown, band}, with
// rising xs and look {colour, dash, width}; band is null or {xs, low, high}. Marks are
// {x, name, faint}, levels {y, name}; a faint mark is a line without its name.
export function plot(place, options) {
  const box = make("div", { class: "plot", tabindex: "0", role: "slider", "aria-label": options.label });
  box.style.height = `${options.height}px`;
  place.append(box);
  const panel = {
    box, options, chart: null, lines: null, marks: [], levels: [], range: null, at: null, drawn: "",
    told: () => {}, zoomed: () => {},
  };
  const sizes = new ResizeObserver(() => resize(panel));
  sizes.observe(box);
  box.addEventListener("keydown", (event) => keyed(panel, event));
  return {
    box,
    // Shows these lines; arrays may have grown since the last time. `reach` [low, high] holds the heights of several plots
    // equal.
    show(lines, { marks = [], levels = [], logY = options.logY, reach = null } = {}) {
      Object.assign(panel, { lines, marks, levels, reach });
      panel.options = { ...options, logY };
      refresh(panel);
    },
    cursor(x) { panel.at = x; placeCursor(panel); },
    zoom(range) { panel.range = range; refresh(panel); },
    onCursor(fn) { panel.told = fn; },
    onZoom(fn) { panel.zoomed = fn; },
    // Draws anew with the colours of now.
    repaint() { panel.drawn = ""; refresh(panel); },
    close() { sizes.disconnect(); panel.chart?.destroy(); box.remove(); },
  };
}

// The table that uPlot draws, and what each of its columns is: {line} or {line, edge}.
function table(panel) {
  const [from, to] = panel.range ?? [-Infinity, Infinity];
  const stretches = Math.max(50, Math.ceil(panel.box.clientWidth));
  const tables = [], columns = [];
  for (const line of panel.lines) {
    if (line.shown === false) continue;
    if (line.band?.xs.length) {
      const { xs, low, high } = line.band;
      const kept = [...new Set([...thinned(xs, low, from, to, stretches), ...thinned(xs, high, from, to, stretches)])];
      kept.sort((a, b) => a - b);
      tables.push([xs, low, high].map((column) => kept.map((at) => column[at])));
      columns.push({ line, edge: "low" }, { line, edge: "high" });
    }
    const kept = thinned(line.xs, line.ys, from, to, stretches).filter((at) => drawable(panel, line.xs[at], line.ys[at]));
    tables.push([kept.map((at) => line.xs[at]), kept.map((at) => line.ys[at])]);
    columns.push({ line });
  }
  return { columns, rows: tables.length ? globalThis.uPlot.join(tables) : [[]] };
}

function drawable(panel, x, y) {
  return (!panel.options.logX || x > 0) && (!panel.options.logY || y > 0);
}

function refresh(panel) {
  if (!panel.lines || !panel.box.clientWidth) return; // nothing to show yet, or nowhere: the observer of sizes calls again
  const { columns, rows } = table(panel);
  const looks = columns.map(({ line, edge }) => [edge, line.look, line.xs.length <= FEW]);
  const drawn = JSON.stringify([looks, panel.options.logX, panel.options.logY]);
  if (panel.chart && drawn === panel.drawn) {
    panel.chart.setData(rows);
  } else {
    panel.chart?.destroy();
    panel.drawn = drawn;
    panel.chart = new globalThis.uPlot(uplotOptions(panel, columns), rows, panel.box);
  }
  placeCursor(panel);
}

function resize(panel) {
  const { clientWidth: width, clientHeight: height } = panel.box;
  if (!width) return;
  if (!panel.chart) refresh(panel);
  else if (panel.chart.width !== width || panel.chart.height !== height) panel.chart.setSize({ width, height });
}

function uplotOptions(panel, columns) {
  const { logX, logY } = panel.options;
  const series = columns.map(({ line, edge }) => ({
    stroke: edge ? "transparent" : line.look.colour,
    width: edge ? 0 : line.look.width,
    dash: line.look.dash,
    spanGaps: true,
    points: { show: !edge && line.xs.length <= FEW, size: 4, fill: line.look.colour },
  }));
  const bands = columns.flatMap(({ line, edge }, at) =>
    edge === "low" ? [{ series: [at + 2, at + 1], fill: `${line.look.colour}30` }] : []);
  return {
    width: panel.box.clientWidth,
    height: panel.box.clientHeight,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: cursorOptions(panel, columns),
    scales: {
      x: { time: false, distr: logX ? 3 : 1, range: (chart, low, high) => span(panel, low, high) },
      y: { distr: logY ? 3 : 1, range: (chart, low, high) => heights(panel, low, high) },
    },
    axes: [axis({ space: 54, size: 24, ...wholeTicks(panel) }), axis({ space: 26, size: (chart, texts) => widest(texts) })],
    series: [{}, ...series],
    bands,
    hooks: { draw: [(chart) => drawMarks(panel, chart)], setSelect: [(chart) => selected(panel, chart)], ready: [(chart) => clickable(panel, chart)] },
  };
}

// Where all places are whole numbers, such as steps, so are the ticks.
function wholeTicks({ lines, options }) {
  const whole = !options.logX && lines.every((line) => line.xs.length && line.xs.every(Number.isInteger));
  return whole ? { incrs: [0, 3, 6, 9, 12].flatMap((power) => [1, 2, 5, 10, 20, 50, 100, 200, 500].map((step) => step * 10 ** power)) } : {};
}

function axis(own) {
  const edge = ink("edge");
  return {
    stroke: ink("soft"), font: FONT, gap: 4, ...own,
    grid: { stroke: edge, width: 1, filter: decades }, ticks: { stroke: edge, width: 1, size: 4 },
    values: (chart, splits) => splits.map((value) => (value === null ? "" : written(value))),
  };
}

// Of a log axis only whole powers of ten have a line across.
function decades(chart, splits, index) {
  const log = chart.scales[chart.axes[index].scale].distr === 3;
  return log ? splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null)) : splits;
}

function widest(texts) {
  return 14 + 6.3 * Math.max(2, ...(texts ?? []).map((text) => String(text).length));
}

function span(panel, low, high) {
  if (panel.range) return panel.range;
  if (low === null) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

// A little air above and below; a level that is near is shown too.
function heights(panel, low, high) {
  if (low === null) return panel.options.logY ? [0.1, 1] : [0, 1];
  if (panel.reach) [low, high] = panel.reach;
  if (panel.options.logY) return globalThis.uPlot.rangeLog(low, high, 10, false);
  const reach = high - low || Math.abs(high) || 1;
  for (const { y } of panel.levels) {
    if (y > high && y - high < reach) high = y;
    if (y < low && low - y < reach) low = y;
  }
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  const named = panel.marks.filter((mark) => !mark.faint).length;
  const room = named ? air + Math.min(3, named) * 0.1 * (high - low) : air; // for the names of marks
  return [low - air, high + room];
}

function cursorOptions(panel, columns) {
  const pointed = (chart) => {
    const { left } = chart.cursor;
    panel.told(left >= 0 ? chart.posToVal(left, "x") : null, false);
  };
  return {
    y: false,
    points: { size: 6, width: 0, show: true },
    drag: { x: Boolean(panel.options.zooms), y: false, setScale: false },
    dataIdx: (chart, at, index) => nearest(chart.data[at], index),
    bind: {
      mousemove: (chart, target, own) => (event) => { own(event); pointed(chart); return null; },
      mouseleave: () => () => { panel.told(null, false); placeCursor(panel); return null; },
      dblclick: () => () => { panel.zoomed(null); return null; },
    },
  };
}

// A click chooses a place; the end of a drag, which zooms, is none.
function clickable(panel, chart) {
  let from = 0;
  chart.over.addEventListener("pointerdown", (event) => { from = event.clientX; });
  chart.over.addEventListener("click", (event) => {
    if (Math.abs(event.clientX - from) > 3) return;
    panel.told(chart.posToVal(event.clientX - chart.over.getBoundingClientRect().left, "x"), true);
  });
}

// Of a column with holes (each line has xs of its own): the row nearest to `index` that is none.
function nearest(column, index) {
  for (let away = 0; away < column.length; away++) {
    if (column[index - away] !== undefined && column[index - away] !== null) return index - away;
    if (column[index + away] !== undefined && column[index + away] !== null) return index + away;
  }
  return index;
}

function selected(panel, chart) {
  const { left, width } = chart.select;
  if (width < 3) return;
  const range = [chart.posToVal(left, "x"), chart.posToVal(left + width, "x")];
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  panel.zoomed(range);
}

function placeCursor(panel) {
  const { chart, at } = panel;
  if (!chart) return;
  const left = at === null ? -10 : chart.valToPos(at, "x");
  const inside = left >= 0 && left <= chart.over.clientWidth;
  chart.setCursor({ left: inside ? left : -10, top: inside ? 0 : -10 }, false);
  panel.box.setAttribute("aria-valuenow", at ?? panel.lines[0]?.xs.at(-1) ?? 0);
}

// Arrows walk along the points of the first line, Enter chooses, + and − zoom about the cursor, 0 shows all.
function keyed(panel, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const xs = panel.lines?.[0]?.xs ?? [];
  const here = panel.at === null ? xs.length - 1 : lastAt(xs, panel.at);
  const far = Math.max(1, Math.round(xs.length / 10));
  const moves = { ArrowLeft: here - 1, ArrowRight: here + 1, PageDown: here - far, PageUp: here + far, Home: 0, End: xs.length - 1 };
  if (event.key in moves && xs.length) {
    const x = xs[Math.max(0, Math.min(xs.length - 1, moves[event.key]))];
    panel.told(x, false);
  } else if (event.key === "Enter" && panel.at !== null) {
    panel.told(panel.at, true);
  } else if ((event.key === "+" || event.key === "-") && panel.options.zooms && xs.length) {
    const { min, max } = panel.chart.scales.x;
    const middle = panel.at ?? (min + max) / 2, factor = event.key === "+" ? 0.5 : 2;
    const range = [middle - (middle - min) * factor, middle + (max - middle) * factor];
    panel.zoomed(range[0] <= xs[0] && range[1] >= xs.at(-1) ? null : range);
  } else if (event.key === "0" && panel.options.zooms) {
    panel.zoomed(null);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation(); // the page has keys of its own with these names
}

function drawMarks(panel, chart) {
  const { ctx, bbox } = chart;
  const one = devicePixelRatio;
  ctx.save();
  ctx.font = FONT.replace("11px", `${11 * one}px`);
  ctx.lineWidth = one;
  const crossed = new Set(panel.marks.map((mark) => mark.name)); // named where they were crossed
  for (const { y, name } of panel.levels) level(chart, ctx, bbox, one, y, crossed.has(name) ? "" : name);
  for (const mark of panel.marks.filter((each) => each.faint)) upright(chart, ctx, bbox, one, mark, 0);
  panel.marks.filter((each) => !each.faint).forEach((mark, place) => upright(chart, ctx, bbox, one, mark, place));
  ctx.restore();
}

function level(chart, ctx, bbox, one, y, name) {
  const at = chart.valToPos(y, "y", true);
  if (!(at >= bbox.top && at <= bbox.top + bbox.height)) return;
  ctx.strokeStyle = ctx.fillStyle = ink("warn");
  ctx.setLineDash([one, 3 * one]);
  stroke(ctx, bbox.left, at, bbox.left + bbox.width, at);
  if (!name) return;
  ctx.textAlign = "right";
  ctx.textBaseline = at - bbox.top > 16 * one ? "bottom" : "top";
  ctx.fillText(name, bbox.left + bbox.width - 3 * one, at - (ctx.textBaseline === "bottom" ? 2 : -2) * one);
}

function upright(chart, ctx, bbox, one, { x, name, faint }, place) {
  const at = chart.valToPos(x, "x", true);
  if (!(at >= bbox.left && at <= bbox.left + bbox.width)) return;
  ctx.strokeStyle = ctx.fillStyle = ink("warn");
  ctx.setLineDash([4 * one, 3 * one]);
  ctx.globalAlpha = faint ? 0.4 : 1;
  stroke(ctx, at, bbox.top, at, bbox.top + bbox.height);
  ctx.globalAlpha = 1;
  if (faint) return;
  const late = at > bbox.left + 0.6 * bbox.width;
  const top = bbox.top + (1 + 13 * (place % 4)) * one;
  const width = ctx.measureText(name).width + 6 * one;
  ctx.fillStyle = ink("panel");
  ctx.fillRect(late ? at - width - 2 * one : at + 2 * one, top, width, 13 * one);
  ctx.fillStyle = ink("warn");
  ctx.textAlign = late ? "right" : "left";
  ctx.textBaseline = "top";
  ctx.fillText(name, at + (late ? -5 : 5) * one, top + one);
}

function stroke(ctx, fromX, fromY, toX, toY) {
  ctx.beginPath();
  ctx.moveTo(fromX, fromY);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}
