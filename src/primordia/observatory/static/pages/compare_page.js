// Two to four runs side by side, their pictures locked to one step.

import { commonSeries, differences, letter, named } from "./comparison.js";
import { control, relabel } from "../parts/controls.js";
import { imageView } from "../picture/image_view.js";
import { make } from "../parts/made.js";
import { grouped } from "../parts/numbers.js";
import { refusal } from "../parts/said.js";
import { topBar } from "../parts/top_bar.js";

const MOST = 4;
const PICTURES = 240; // a film of all steps has about so many pictures
const AT_MOST = 12; // pictures a second

export async function open(place, link, words) {
  const ids = [...new Set(words)];
  if (ids.length < 2 || ids.length > MOST) throw new Error(`A comparison takes two to ${MOST} runs, not ${ids.length}; choose them in the table of runs.`);
  const runs = await Promise.all(ids.map((run) => link.ask("Watch", { run })));
  document.title = `${runs.map((run) => run.preset || run.experiment.name).join(" | ")} · primordia`;
  return new Comparison(place, link, runs).face();
}

class Comparison {
  constructor(place, link, runs) {
    Object.assign(this, { link, runs, views: [], step: null, timer: 0, waiting: new Set() });
    this.newest = runs.map((run) => run.step);
    const columns = runs.map((run, at) => this.column(run, at));
    this.pictures = make("div", { class: `pictures of-${runs.length}` }, columns.map((column) => column.element));
    const measures = make("section", { class: "panel", "aria-label": "Measures" });
    const bar = this.transport();
    place.append(topBar(link, make("h1", { class: "where" }, `Compare ${runs.length} runs`)), make("div", { class: "page stack compare" },
      make("section", { class: "panel", "aria-label": "What differs" }, make("h2", {}, "What differs"), differences(runs)), this.pictures, bar, measures));
    this.series = commonSeries(measures, runs);
    runs.forEach((run, at) => this.series.rows(at, run.rows));
    this.series.onCursor((step, chosen) => { if (chosen && step !== null) this.go(step); });
    columns.forEach((column) => column.begin());
    this.offs = [
      link.on("Progress", (news) => this.progress(news)),
      link.on("Rows", (news) => this.each(news.run, (at) => this.series.rows(at, news.rows))),
      link.on("back", () => this.again().catch(refusal)),
    ];
    this.keys = (event) => this.key(event);
    document.addEventListener("keydown", this.keys);
    this.show();
  }

  face() {
    return { close: () => this.close() };
  }

  // One run: which it is, which view, and its picture.
  column(run, at) {
    const names = Object.keys(run.experiment.views);
    const stage = make("div", { class: "compare-stage" });
    const where = make("output", { class: "soft" });
    const choice = make("select", { "aria-label": `view of ${letter(at)}` }, names.map((name) => make("option", { value: name }, name.replaceAll("_", " "))));
    const begin = (name) => {
      this.views[at]?.close();
      stage.replaceChildren();
      if (!names.length) { stage.append(make("p", { class: "soft nothing" }, "This experiment declares no pictures.")); return; }
      const view = imageView(stage, this.link, { run: run.run, view: name, declaration: run.experiment.views[name], step: this.stepOf(at) });
      view.onFrame((frame) => { this.shaped(at, frame.view_rows / frame.view_columns); where.textContent = `${run.experiment.step_word} ${grouped(frame.step)}`; this.arrived(at); });
      view.onRefused((sentence) => { where.textContent = sentence; this.arrived(at); });
      this.views[at] = view;
    };
    choice.addEventListener("change", () => this.chooseView(choice.value, at));
    const title = make("a", { href: `#/run/${run.run}` }, run.preset || "defaults", make("span", { class: "soft" }, ` ${run.experiment.name}, seed ${run.seed}`));
    const element = make("section", { class: "compared", "aria-label": `run ${letter(at)}` }, make("header", { class: "row" }, named(at), title, make("span", { class: "grow" }), names.length > 1 ? choice : null), stage, where);
    this.shapes ??= {};
    this.choices ??= [];
    this.choices[at] = { choice, begin, names };
    return { element, begin: () => begin(names[0]) };
  }

  // The stages are as high as the highest of their pictures.
  shaped(at, shape) {
    this.shapes[at] = shape;
    this.pictures.style.setProperty("--shape", Math.max(...Object.values(this.shapes)));
  }

  // Runs of one experiment are looked at alike.
  chooseView(name, at) {
    const same = (other) => this.runs[other].experiment.name === this.runs[at].experiment.name;
    this.choices.forEach(({ choice, begin, names }, other) => {
      if (other !== at && !(same(other) && names.includes(name))) return;
      choice.value = name;
      begin(name);
    });
  }

  transport() {
    const first = Math.min(...this.runs.map((run) => run.begins_at));
    this.first = first;
    this.time = make("input", { type: "range", min: first, max: Math.max(...this.newest), value: Math.max(...this.newest), "aria-label": "step of all runs" });
    this.where = make("output", { class: "mono" });
    this.time.addEventListener("input", () => this.go(Number(this.time.value)));
    const button = (words, icon, does, key) => control(words, does, { icon, key, kind: "quiet icon" });
    this.play = button("Play", "play", () => this.toggle(), "space");
    return make("div", { class: "panel transport", role: "group", "aria-label": "Time of all runs" },
      button("Back", "back", () => this.move(-1), ","), this.play, button("Step", "step", () => this.move(1), "."), this.time, this.where,
      button("Newest of each", "now", () => this.go(null), "n"));
  }

  // Where a run is shown: it stays at its end where others go on.
  stepOf(at) {
    return this.step === null || this.step >= this.newest[at] ? null : Math.max(this.step, this.runs[at].begins_at);
  }

  get stride() {
    const span = Math.max(...this.newest) - this.first;
    const every = Math.max(1, ...this.runs.map((run) => run.schedule.every ?? 1));
    return span / every <= PICTURES ? every : Math.ceil(span / PICTURES / every) * every;
  }

  go(step) {
    const end = Math.max(...this.newest);
    this.step = step === null || step >= end ? null : Math.max(this.first, step);
    this.waiting = new Set();
    this.views.forEach((view, at) => {
      const wanted = this.stepOf(at);
      if (view && wanted !== null && wanted !== this.shownAt?.[at]) this.waiting.add(at);
      view?.show(wanted);
    });
    this.shownAt = this.views.map((_, at) => this.stepOf(at));
    this.show();
  }

  move(way) {
    this.halt();
    this.go((this.step ?? Math.max(...this.newest)) + way * this.stride);
  }

  // The next picture is asked for when all of the last have come: no run is ahead of another.
  toggle() {
    if (this.playing) { this.halt(); return; }
    if (this.step === null) this.go(this.first);
    this.playing = true;
    this.show();
    this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.playing || this.waiting.size) return;
      this.go(this.step + this.stride);
      if (this.step === null) this.halt();
      else if (!this.waiting.size) this.later();
    }, 1000 / AT_MOST);
  }

  arrived(at) {
    this.waiting.delete(at);
    if (this.playing && !this.waiting.size) this.later();
  }

  halt() {
    this.playing = false;
    clearTimeout(this.timer);
    this.show();
  }

  show() {
    const end = Math.max(...this.newest);
    this.time.max = end;
    this.time.value = this.step ?? end;
    this.where.textContent = `${grouped(this.step ?? end)} / ${grouped(end)}`;
    relabel(this.play, this.playing ? "Pause" : "Play", this.playing ? "pause" : "play", "space");
    this.series?.cursor(this.step);
  }

  progress({ run, step }) {
    this.each(run, (at) => { this.newest[at] = step; });
    this.show();
  }

  each(run, fn) {
    this.runs.forEach((other, at) => { if (other.run === run) fn(at); });
  }

  // After the connection was lost: what happened meanwhile.
  async again() {
    for (const [at, { run }] of this.runs.entries()) {
      const answer = await this.link.ask("Watch", { run });
      this.newest[at] = answer.step;
      this.series.rows(at, answer.rows);
    }
    this.show();
  }

  key(event) {
    if (event.target.matches?.("input, select, textarea, button") || event.ctrlKey || event.metaKey || event.altKey) return;
    const does = { " ": () => this.toggle(), ".": () => this.move(1), ",": () => this.move(-1), n: () => this.go(null), f: () => this.views.forEach((view) => view?.fit()) }[event.key];
    if (!does) return;
    does();
    event.preventDefault();
  }

  close() {
    this.halt();
    document.removeEventListener("keydown", this.keys);
    this.offs.forEach((off) => off());
    this.views.forEach((view) => view?.close());
    this.series.close();
    for (const { run } of this.runs) this.link.ask("Unwatch", { run }).catch(() => {}); // it may be the connection that ended
  }
}
