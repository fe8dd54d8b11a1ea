// The tape of an execution as cells in its parts: glyphs on the colour of their class, tags where pointers stand, the
// innermost loop around the instruction pointer, what changed; and the tape as it was at the start.

import { onLooks } from "../curves/line_looks.js";
import { make } from "../parts/made.js";
import { colours, css } from "../picture/palettes.js";

const WIDTHS = { 1: [18, 24], 2: [19, 28] }; // pixels of a cell, least and most, by the characters of its glyph
const GAP = 2;
const SHORT = { pointer: "ip", head0: "h0", head1: "h1" };

export function tapePicture(finding) {
  const partner = partners(finding.matches);
  const cells = finding.tape.map((_, at) => cell(at, (on) => hover(at, on)));
  const first = finding.tape.map((_, at) => cell(at, () => {}));
  const reading = make("output", { class: "execution-reading soft" });
  const state = { moment: null, paint: null };
  const looks = () => {
    state.paint = paints(finding);
    first.forEach((box, at) => state.paint(box, finding.tape[at]));
    legend.replaceChildren(...meanings(finding));
  };

  function hover(at, on) {
    for (const other of [at, ...(partner.get(at) ?? [])]) cells[other].classList.toggle("matched", on && stands(finding, state.moment, other));
    reading.textContent = on ? said(finding, state.moment, at, partner) : "";
  }

  function show(moment) {
    state.moment = moment;
    const loop = loopAround(finding, moment);
    const tags = tagsOf(finding, moment.registers);
    const now = new Set(moment.changed.map(([at]) => at));
    cells.forEach((box, at) => {
      state.paint(box, moment.tape[at]);
      box.classList.toggle("touched", moment.touched.has(at));
      box.classList.toggle("changed", now.has(at));
      box.classList.toggle("looped", loop !== null && at >= loop[0] && at <= loop[1]);
      box.classList.toggle("here", at === moment.registers[0]);
      box.dataset.tags = (tags.get(at) ?? []).join(" ");
    });
    first.forEach((box, at) => box.classList.toggle("touched", moment.touched.has(at)));
  }

  const legend = make("ul", { class: "colour-legend" });
  const grids = [...partsOf(finding, cells), legend, reading];
  const start = make("details", { class: "execution-start" }, make("summary", {}, "the tape before the first step"), ...partsOf(finding, first));
  const element = make("div", { class: "execution-tape" }, ...grids, start);
  looks();
  fitColumns(element, finding);
  const stop = onLooks(() => {
    if (!element.isConnected) return stop();
    looks();
    show(state.moment);
  });
  return { element, show };
}

function cell(at, hovered) {
  return make("span", { on: { pointerenter: () => hovered(true), pointerleave: () => hovered(false) } });
}

function partsOf({ parts, title }, cells) {
  let from = 0;
  return parts.map(([name, count]) => {
    const box = make("div", { class: "execution-cells", role: "img", "aria-label": `${name} of ${title}` }, cells.slice(from, from + count));
    const range = `${from} to ${from + count - 1}`;
    from += count;
    return make("div", { class: "execution-part" }, make("h4", {}, name, make("span", { class: "soft" }, range)), box);
  });
}

// As many columns as fit, a power of two of them, so that places line up from row to row.
function fitColumns(element, { glyphs, tape }) {
  const longest = Math.min(2, Math.max(...glyphs.map((glyph) => glyph.length)));
  const [least, most] = WIDTHS[longest];
  const fit = () => {
    const room = element.clientWidth;
    if (!room) return;
    const columns = Math.min(64, tape.length, 2 ** Math.floor(Math.log2(Math.max(4, room / (least + GAP)))));
    element.style.setProperty("--columns", String(columns));
    element.style.setProperty("--cell", `${Math.min(most, Math.floor(room / columns) - GAP)}px`);
  };
  new ResizeObserver(fit).observe(element);
}

// What puts a byte value into a cell: its glyph, the colour of its class, and ink that can be read on it.
function paints({ glyphs, classes, palette }) {
  const rgb = colours(palette);
  const inks = palette.map((_, at) => inkOn(rgb.subarray(3 * at, 3 * at + 3)));
  return (box, value) => {
    if (box.shown === value && box.paints === rgb) return;
    const kind = classes[value];
    box.shown = value;
    box.paints = rgb;
    box.textContent = glyphs[value];
    box.style.background = css(rgb, kind);
    box.style.color = inks[kind];
  };
}

// What the colours mean that the tape shows, now or later.
function meanings({ tape, steps, classes, palette }) {
  const rgb = colours(palette);
  const values = [...tape, ...steps.flatMap((step) => step.changes.map(([, value]) => value))];
  const present = [...new Set(values.map((value) => classes[value]))].sort((one, other) => one - other);
  return present.map((kind) => make("li", {}, make("i", { class: "swatch", style: { background: css(rgb, kind) } }), palette[kind][0]));
}

// Black or white, whichever stands out more against a colour (WCAG 2 relative luminance).
export function inkOn([red, green, blue]) {
  const light = [red, green, blue].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
  return (luminance + 0.05) ** 2 > 1.05 * 0.05 ? "#000000" : "#ffffff";
}

function partners(matches) {
  const found = new Map();
  for (const [one, other] of matches) {
    found.set(one, [...(found.get(one) ?? []), other]);
    found.set(other, [...(found.get(other) ?? []), one]);
  }
  return found;
}

// Matches are those of the start: they hold as long as their cells do.
function stands({ tape }, moment, at) {
  return moment.tape[at] === tape[at];
}

function loopAround(finding, moment) {
  const at = moment.registers[0];
  let inner = null;
  for (const [one, other] of finding.matches) {
    const [low, high] = one < other ? [one, other] : [other, one];
    if (at < low || at > high || !stands(finding, moment, one) || !stands(finding, moment, other)) continue;
    if (!inner || high - low < inner[1] - inner[0]) inner = [low, high];
  }
  return inner;
}

// The instruction pointer may stand behind the tape; heads and stack pointers count modulo its length.
function tagsOf({ registers, pointers, tape }, values) {
  const found = new Map();
  registers.forEach((name, at) => {
    if (!pointers.includes(name)) return;
    const place = at === 0 ? values[at] : ((values[at] % tape.length) + tape.length) % tape.length;
    found.set(place, [...(found.get(place) ?? []), SHORT[name] ?? name]);
  });
  return found;
}

function said({ glyphs, classes, palette }, moment, at, partner) {
  const value = moment.tape[at];
  const others = partner.get(at);
  const matched = others ? `, matches ${others.join(" and ")}` : "";
  return `cell ${at}: ${glyphs[value]} (${value}), ${palette[classes[value]]?.[0] ?? "?"}${matched}`;
}
