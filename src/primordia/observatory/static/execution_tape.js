// The tape of an execution as cells in its parts: glyphs on the colour of their class, tags where pointers stand, the
// innermost loop around the instruction pointer, what changed; and the tape as it was at the start.

import { onLooks } from "./line_looks.js";
import { make } from "./made.js";
import { colours } from "./palettes.js";

const WIDTHS = { 1: 22, 2: 26 }; // pixels of a cell, by the characters of its glyph
const SHORT = { pointer: "ip", head0: "h0", head1: "h1" };

export function tapePicture(finding) {
  const partner = partners(finding.matches);
  const cells = finding.tape.map((_, at) => cell(at, (on) => hover(at, on)));
  const first = finding.tape.map((_, at) => cell(at, () => {}));
  const reading = make("output", { class: "execution-reading soft" });
  const state = { moment: null, paint: null };
  const looks = () => { state.paint = paints(finding); };

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

  looks();
  first.forEach((box, at) => state.paint(box, finding.tape[at]));
  const grids = [...partsOf(finding, cells), reading];
  const start = make("details", { class: "execution-start" }, make("summary", {}, "the tape before the first step"), ...partsOf(finding, first));
  const element = make("div", { class: "execution-tape" }, ...grids, start);
  fitColumns(element, finding);
  const stop = onLooks(() => {
    if (!element.isConnected) return stop();
    looks();
    first.forEach((box, at) => state.paint(box, finding.tape[at]));
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
  element.style.setProperty("--cell", `${WIDTHS[longest]}px`);
  const fit = () => {
    const most = Math.max(4, Math.floor(element.clientWidth / (WIDTHS[longest] + 2)));
    element.style.setProperty("--columns", String(Math.min(64, 2 ** Math.floor(Math.log2(Math.min(most, tape.length))))));
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
    box.style.background = `rgb(${rgb[3 * kind]} ${rgb[3 * kind + 1]} ${rgb[3 * kind + 2]})`;
    box.style.color = inks[kind];
  };
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
