// The choices of an export, with defaults that give something worth having at once.

import { make } from "../parts/made.js";
import { spoken } from "../parts/numbers.js";

const FORMS = {
  png: ["PNG", "picture"],
  svg: ["SVG", "drawing"],
  gif: ["GIF", "film"],
  mp4: ["MP4", "film"],
  html: ["HTML", "page that plays"],
};
const FILMED = new Set(["gif", "mp4", "html"]);
const USUAL_PICTURES = 48;
const USUAL_SIDE = 480;
const MOST_VIEWS = 4;

// Returns {element, request()}; `changed` is called after each change. `request()` throws a sentence for what cannot be read.
export function exportForm({ answer, view, step, frame }, changed) {
  const { experiment: description } = answer;
  const parts = { forms: forms(), ...whatFields(description, view, frame), ...whenFields(answer, step), scale: number("scale", "pixels to a cell", scaleFor(frame), 1, 32) };
  const { forms: chosen, views, also, part, curve, at, first, last, every, pace, scale } = parts;
  const element = make("div", { class: "stack" }, chosen.element,
    make("div", { class: "fields" }, views.element, also.element, part.element, curve.element, at.element, first.element, last.element, every.element, scale.element, pace.element));

  function arrange() {
    const form = chosen.value();
    for (const each of [first, last, every, pace]) each.element.hidden = !FILMED.has(form);
    at.element.hidden = FILMED.has(form);
    scale.element.hidden = curve.element.hidden = form === "html";
    also.element.hidden = form !== "html" || also.boxes.length < 2;
    also.except(views.value());
    part.element.hidden = !part.possible(views.value());
  }
  element.addEventListener("input", (event) => {
    if (curve.element.contains(event.target)) curve.chosen = true;
    // A film is worth more with the curve of what it is about, until somebody chose otherwise.
    if (!curve.chosen) curve.set(FILMED.has(chosen.value()) ? curve.usual : "");
    arrange();
    changed();
  });
  arrange();

  function request() {
    const form = chosen.value();
    const shown = { view: views.value(), ...(part.chosen() ? part.tile : {}) };
    const others = form === "html" ? also.chosen().map((name) => ({ view: name })) : [];
    const curves = form !== "html" && curve.value() ? [{ metric: curve.value() }] : [];
    const filmed = FILMED.has(form);
    return {
      form, views: [shown, ...others.slice(0, MOST_VIEWS - 1), ...curves],
      first: (filmed ? first : at).value(), last: filmed ? last.value() : at.value(), every: filmed ? every.value() : 1,
      scale: form === "html" ? 1 : scale.value(), pictures_per_second: filmed ? pace.value() : 8,
    };
  }
  return { element, request };
}

function forms() {
  const choices = Object.entries(FORMS).map(([form, [name, what]]) => make("label", {},
    make("input", { type: "radio", name: "export-form", value: form, checked: form === "png" }), make("strong", {}, name), make("span", {}, what)));
  const element = make("fieldset", { class: "export-forms", "aria-label": "Form" }, choices);
  return { element, value: () => element.querySelector(":checked").value };
}

function whatFields(description, view, frame) {
  const names = Object.keys(description.views);
  const watched = Object.values(description.transitions).map(({ metric }) => metric);
  const metrics = [...new Set([...watched.reverse(), ...Object.keys(description.metrics)])];
  const views = select("view", names.map((name) => [name, spoken(name)]), view ?? names[0], "broad");
  const curve = select("curve beside it", [["", "none"], ...metrics.map((name) => [name, spoken(name)])], "", "");
  curve.usual = watched.length ? metrics[0] : "";
  return { views, curve, also: otherViews(names), part: partField(view, frame) };
}

function otherViews(names) {
  const boxes = names.map((name) => ({ name, input: make("input", { type: "checkbox", value: name }) }));
  const rows = boxes.map(({ name, input }) => make("label", { class: "check" }, input, spoken(name)));
  const element = make("div", { class: "field whole" }, make("span", { class: "label" }, "other views to record"), make("div", { class: "row" }, rows));
  return {
    element, boxes,
    except: (shown) => boxes.forEach(({ name }, at) => { rows[at].hidden = name === shown; }),
    chosen: () => boxes.filter(({ input }, at) => input.checked && !rows[at].hidden).map(({ name }) => name),
  };
}

// Whether only what the page shows of a view at the moment is wanted; offered where that is less than all of it.
function partField(view, frame) {
  const tile = frame && { top: frame.top, left: frame.left, rows: frame.rows, columns: frame.columns, stride: frame.stride };
  const less = frame && (frame.rows * frame.stride < frame.view_rows || frame.columns * frame.stride < frame.view_columns);
  const input = make("input", { type: "checkbox", checked: Boolean(less) });
  const element = make("label", { class: "check whole" }, input, less ? `only the part shown, ${tile.rows} × ${tile.columns} cells` : "");
  const possible = (name) => Boolean(less) && name === view;
  return { element, tile, possible, chosen: () => !element.hidden && input.checked };
}

function whenFields({ experiment, begins_at: begins, step: newest, schedule }, step) {
  const word = experiment.step_word;
  const span = Math.max(1, newest - begins);
  const rows = schedule.every || 1;
  const rough = Math.max(1, Math.ceil(span / USUAL_PICTURES));
  const every = rough > rows ? Math.ceil(rough / rows) * rows : rough;
  return {
    at: number("at", word, step, begins, newest),
    first: number("first", word, begins, begins, newest),
    last: number("last", word, newest, begins, newest),
    every: number("every", `${word}s to a picture`, every, 1, span),
    pace: number("pace", "pictures a second", 8, 1, 50),
  };
}

function scaleFor(frame) {
  return frame ? Math.max(1, Math.min(32, Math.floor(USUAL_SIDE / Math.max(frame.rows, frame.columns)))) : 1;
}

function number(id, label, value, least, most) {
  const input = make("input", { id: `export-${id}`, type: "text", inputmode: "numeric", autocomplete: "off", value });
  const said = id === "first" || id === "last" || id === "at" ? `${id} ${label}` : label;
  const element = make("div", { class: "field" }, make("label", { for: `export-${id}` }, said), input);
  return {
    element,
    value: () => {
      const read = Number(input.value.trim());
      if (!Number.isInteger(read) || read < least || read > most) throw new Error(`${said} is "${input.value}"; allowed are whole numbers from ${least} to ${most}.`);
      return read;
    },
  };
}

function select(label, options, value, kind) {
  const id = `export-${label.replaceAll(" ", "-")}`;
  const input = make("select", { id }, options.map(([name, words]) => make("option", { value: name, selected: name === value }, words)));
  return { element: make("div", { class: `field ${kind}` }, make("label", { for: id }, label), input), value: () => input.value, set: (name) => { input.value = name; } };
}
