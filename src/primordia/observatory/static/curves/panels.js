// A grid of panels over one axis: their cursors and their zoom are one, and only what is on the screen is drawn.

import { explain } from "../parts/explain.js";
import { onLooks } from "./line_looks.js";
import { draw, make } from "../parts/made.js";
import { hasUnit, written } from "../parts/numbers.js";
import { plot } from "./plot.js";
import { lastAt } from "./thinning.js";

const MANY = 6; // from so many panels on there is a box to find one
const STEEP = 30; // as in the report: a metric that should become small and did, by this factor, has a log axis

// Panels are {title, facts, lines, levels, small, reach}; lines {name, facts, unit, look, xs, ys, band} as in plot.js, except
// that `look` is a function, asked again when colours change. Arrays grow in place; then `changed` is called. Where so
// many lines come together that nobody could tell them apart, `crowd` is what to write in place of their names.
export function panelGrid(place, panels, { height = 132, xName = "step", searched = true } = {}) {
  const grid = make("div", { class: "series-grid" });
  const nothing = make("p", { class: "soft", hidden: true }, "No metric has these words.");
  const find = searched && findBox(panels.length, (text) => { nothing.hidden = filter(all, text) > 0; });
  const told = new Set();
  const tell = (x, chosen) => told.forEach((fn) => fn(x === null ? null : Math.round(x), chosen));
  const shared = { marks: [], held: null, hovered: null, waiting: false };
  const zoom = (range) => { strip.zoomed(Boolean(range)); all.forEach((each) => each.plot.zoom(range)); };
  const strip = markStrip(xName, (x) => { shared.held = x; point(); tell(x, true); }, () => zoom(null));
  const all = panels.map((panel) => onePanel(panel, shared, height));
  grid.append(...all.map((each) => each.figure));
  place.append(...[find, strip.element, nothing, grid].filter(Boolean));

  const later = () => {
    if (shared.waiting) return;
    shared.waiting = true;
    requestAnimationFrame(() => { shared.waiting = false; all.forEach((each) => each.refresh()); });
  };
  const point = () => {
    const x = shared.hovered ?? shared.held;
    strip.point(x);
    all.forEach((each) => each.point(x));
  };
  for (const each of all) {
    each.plot.onCursor((x, chosen) => {
      shared.hovered = chosen ? null : x;
      if (chosen) shared.held = x;
      point();
      tell(x, chosen);
    });
    each.plot.onZoom(zoom);
  }
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) all.find((each) => each.figure === entry.target).seen = entry.isIntersecting;
    later();
  }, { rootMargin: "300px" });
  all.forEach((each) => seen.observe(each.figure));
  const off = onLooks(() => all.forEach((each) => each.repaint()));
  return {
    changed: later,
    mark(x, name, facts = null) {
      if (shared.marks.some((mark) => mark.x === x && mark.name === name)) return;
      shared.marks.push({ x, name });
      strip.add(x, name, facts);
      later();
    },
    cursor(x) { shared.held = x; point(); },
    onCursor(fn) { told.add(fn); return () => told.delete(fn); },
    close() { off(); seen.disconnect(); all.forEach((each) => each.plot.close()); place.replaceChildren(); },
  };
}

// Which step is shown, everything that was marked, a click goes there, and the way back from a zoom.
function markStrip(xName, go, whole) {
  const where = make("output", { class: "series-where" });
  const marks = make("span", { class: "series-marks" });
  const all = make("button", { type: "button", class: "chip", hidden: true, on: { click: whole } }, "show the whole run");
  const element = make("div", { class: "series-strip", hidden: true }, where, all, marks);
  const settle = () => { element.hidden = !where.textContent && all.hidden && !marks.childElementCount; };
  return {
    element,
    point(x) { where.textContent = x === null ? "" : `${xName} ${written(Math.round(x))}`; settle(); },
    zoomed(is) { all.hidden = !is; settle(); },
    add(x, name, facts) {
      const chip = make("button", { type: "button", class: "chip series-mark", "data-x": x, title: facts ? null : name, on: { click: () => go(x) } }, make("span", {}, name), make("b", {}, written(x)));
      if (facts) explain(chip, facts);
      const later = [...marks.children].find((other) => Number(other.dataset.x) > x);
      marks.insertBefore(chip, later ?? null);
      element.hidden = false;
    },
  };
}

function findBox(count, filter) {
  if (count < MANY) return null;
  const box = make("input", { type: "search", class: "series-find", placeholder: "find a metric", "aria-label": "find a metric" });
  box.addEventListener("input", () => filter(box.value));
  return box;
}

// Hides the panels that lack one of the words; returns how many are left.
function filter(all, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const each of all) {
    each.found = words.every((word) => each.words.includes(word));
    left += each.found ? 1 : 0;
    each.hide();
  }
  return left;
}

function onePanel(panel, shared, height) {
  const single = panel.lines.length === 1 || Boolean(panel.crowd);
  const title = make("span", { class: "series-title" }, panel.title);
  const value = make("output", { class: "series-value" });
  const legend = single ? null : legendOf(panel, () => each.refresh());
  const figure = make("figure", { class: "series-panel" }, make("figcaption", {}, title, single ? value : null, legend?.list));
  if (panel.facts) explain(title, panel.facts);
  const drawn = plot(figure, { label: `${panel.title}, over steps`, height, zooms: true });
  const each = {
    figure, plot: drawn, seen: false, found: true,
    words: [panel.title, ...panel.lines.map((line) => line.name)].join(" ").toLowerCase().replaceAll("_", " "),
    hide() { figure.hidden = !each.found || !panel.lines.some((line) => line.xs.length); },
    refresh() {
      each.hide();
      if (figure.hidden || !each.seen) return;
      const lines = panel.lines.map((line) => ({ ...line, look: line.look() }));
      const named = new Set((panel.levels ?? []).map((level) => level.name));
      const marks = shared.marks.map((mark) => ({ ...mark, faint: !named.has(mark.name) }));
      drawn.show(lines, { marks, levels: panel.levels ?? [], logY: steep(panel), reach: panel.reach?.() });
      each.point(shared.hovered ?? shared.held);
    },
    point(x) {
      drawn.cursor(x);
      const values = panel.lines.map((line) => written(at(line, x)));
      if (panel.crowd) value.replaceChildren(make("small", {}, panel.crowd));
      else if (single) value.replaceChildren(values[0], unitOf(panel.lines[0]));
      else legend.values(values);
      drawn.box.setAttribute("aria-valuetext", panel.lines.map((line, place) => `${line.name} ${values[place]}`).join(", "));
    },
    repaint() { legend?.repaint(); drawn.repaint(); each.refresh(); },
  };
  each.hide();
  return each;
}

function unitOf(line) {
  return hasUnit(line.unit) && line.unit !== line.name ? make("small", {}, ` ${line.unit}`) : "";
}

// The value of a line at x: that of the last row up to there, the newest where x is null.
function at(line, x) {
  return line.ys[x === null ? line.ys.length - 1 : lastAt(line.xs, x)];
}

function steep(panel) {
  if (!panel.small) return false;
  let least = Infinity, most = -Infinity;
  for (const line of panel.lines) for (const y of line.ys) { if (y < least) least = y; if (y > most) most = y; }
  return least > 0 && most > STEEP * least;
}

function legendOf(panel, changed) {
  const outputs = [], swatches = [];
  const items = panel.lines.map((line) => {
    const sample = swatch(line.look());
    const output = make("output", {});
    const toggle = make("button", { type: "button", class: "legend-line", "aria-pressed": "true" }, sample, make("span", {}, line.name), output);
    toggle.addEventListener("click", () => {
      line.shown = line.shown === false;
      toggle.setAttribute("aria-pressed", String(line.shown));
      changed();
    });
    if (line.facts) explain(toggle, line.facts);
    outputs.push(output);
    swatches.push([sample, line]);
    return make("li", {}, toggle);
  });
  return {
    list: make("ul", { class: "legend" }, items),
    values(texts) { texts.forEach((text, place) => { outputs[place].textContent = text; }); },
    repaint() { swatches.forEach(([sample, line]) => tint(sample, line.look())); },
  };
}

// A short piece of a line, as it is drawn.
export function swatch(look) {
  const sample = draw("svg", { viewBox: "0 0 26 8", width: 26, height: 8, "aria-hidden": "true" }, draw("line", { x1: 1, y1: 4, x2: 25, y2: 4 }));
  tint(sample, look);
  return sample;
}

export function tint(sample, look) {
  const line = sample.firstChild;
  line.setAttribute("stroke", look.colour);
  line.setAttribute("stroke-width", look.width);
  line.setAttribute("stroke-dasharray", look.dash.join(" "));
}
