// The time of a run from its first step to the newest: a slider over marks for what happened there.

import { make } from "../parts/made.js";
import { grouped } from "../parts/numbers.js";

const THUMB = 14; // pixels, as in run_page.css: the middle of the thumb is the step
const LETTER = 6.2; // pixels of a letter of a mark's name, about
const LATE = 0.75; // from this share of the time on, names stand before their line

// `go(step | null)` is called while somebody drags. Marks are {kind, step, label}; a click on one goes there.
export class Timeline {
  constructor(place, { word, begins, go }) {
    Object.assign(this, { word, begins, newest: begins, go, marks: [] });
    this.slider = make("input", { type: "range", class: "time", min: begins, step: 1, "aria-label": `${word} shown` });
    this.ghost = make("i", { class: "ghost", hidden: true });
    this.track = make("div", { class: "marks" });
    this.box = make("div", { class: "timeline" }, this.track, this.ghost, this.slider);
    this.slider.addEventListener("input", () => this.drag());
    this.slider.addEventListener("change", () => { this.dragging = false; });
    place.append(this.box);
  }

  drag() {
    this.dragging = true;
    const step = Number(this.slider.value);
    this.go(step >= this.newest ? null : step);
  }

  show(step, newest) {
    if (newest !== this.newest) {
      this.newest = newest;
      this.slider.max = Math.max(newest, this.begins + 1);
      this.placeMarks();
    }
    if (!this.dragging) this.slider.value = step;
    this.slider.setAttribute("aria-valuetext", `${this.word} ${grouped(step)} of ${grouped(newest)}`);
    this.slider.disabled = newest <= this.begins;
  }

  // A step that is pointed at elsewhere, or null.
  point(step) {
    this.ghost.hidden = step === null || step < this.begins || step > this.newest;
    if (!this.ghost.hidden) this.ghost.style.left = this.left(step);
  }

  // All marks, again whenever one is added or gone.
  mark(marks) {
    this.marks = marks.filter((mark) => mark.step >= this.begins);
    const shown = this.marks.map((mark) => ({ ...mark, element: this.drawn(mark) }));
    this.placed = shown;
    this.track.replaceChildren(...shown.map(({ element }) => element));
    this.placeMarks();
  }

  drawn({ kind, step, label }) {
    const words = `${label}, ${this.word} ${grouped(step)}`;
    if (kind === "checkpoint") return make("i", { class: "mark checkpoint", title: words });
    const facts = { type: "button", class: `mark ${kind}`, title: words, "aria-label": `Go to ${words}`, tabindex: kind === "transition" || kind === "bookmark" ? 0 : -1 };
    return make("button", { ...facts, on: { click: () => this.go(step >= this.newest ? null : step) } }, make("span", {}, label));
  }

  placeMarks() {
    for (const { element, step, kind } of this.placed ?? []) {
      element.style.left = this.left(step);
      element.hidden = step > this.newest;
      element.classList.toggle("late", this.share(step) > LATE);
    }
    this.spareLabels();
  }

  // Where two names would run into each other, the earlier one keeps its line and gives up its words.
  spareLabels() {
    const breadth = Math.max(1, this.track.clientWidth);
    let taken = Infinity;
    for (const { element, step, label, kind } of [...(this.placed ?? [])].sort((a, b) => b.step - a.step)) {
      if (kind !== "transition" || element.hidden) continue;
      const words = (label.length * LETTER + 2 * THUMB) / breadth;
      const share = this.share(step);
      const [from, to] = share > LATE ? [share - words, share] : [share, share + words];
      element.classList.toggle("short", to > taken);
      if (to <= taken) taken = from;
    }
  }

  share(step) {
    return (step - this.begins) / Math.max(1, this.newest - this.begins);
  }

  left(step) {
    return `calc(${THUMB / 2}px + (100% - ${THUMB}px) * ${this.share(step)})`;
  }
}

// The marks of a run from its events, bookmarks and checkpoints.
export function marksOf(events, bookmarks, checkpoints) {
  const marks = checkpoints.map((step) => ({ kind: "checkpoint", step, label: "checkpoint" }));
  for (const event of events) {
    if (event.event === "transition") marks.push({ kind: "transition", step: event.step, label: event.name.replaceAll("_", " ") });
    if (event.event === "intervention") marks.push({ kind: "intervention", step: event.step, label: saidOf(event) });
  }
  return [...marks, ...bookmarks.map(({ step, note }) => ({ kind: "bookmark", step, label: note || "bookmark" }))];
}

// An intervention in a few words: "set mutation_rate = 0.001", "plant".
export function saidOf({ name, arguments: given = {} }) {
  const settings = name === "set" ? given.settings ?? {} : given;
  const meant = Object.entries(settings).filter(([, value]) => value !== null && value !== "");
  const said = meant.map(([key, value]) => `${key.replaceAll("_", " ")} = ${short(value)}`);
  return [name, said.join(", ")].filter(Boolean).join(" ");
}

function short(value) {
  const text = String(value);
  return text.length > 24 ? `${text.slice(0, 22)}…` : text;
}
