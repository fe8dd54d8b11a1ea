// One run: its picture, its measures, what it is made of, and the controls of its time.

import { control } from "../parts/controls.js";
import { findingsPanel, placePanel } from "../run/found_panels.js";
import { gate } from "../run/gate.js";
import { interveneDialog, interventionsPanel } from "../run/interventions.js";
import { obeyKeys, showKeys } from "../run/keys.js";
import { make } from "../parts/made.js";
import { grouped } from "../parts/numbers.js";
import { picturePanel } from "../run/picture_panel.js";
import { FREE, Playing, UNDRAWN } from "../run/playing.js";
import { rulesPanel } from "../run/rules.js";
import * as runDeeds from "../run/run_deeds.js";
import { refusal } from "../parts/said.js";
import { seriesPanel } from "../curves/series.js";
import { settingsPanel } from "../run/settings.js";
import { sidePanels } from "../run/side_panels.js";
import { statusOf } from "./status.js";
import { toggleTheme } from "../parts/theme.js";
import { Timeline, marksOf, saidOf } from "../run/timeline.js";
import { toolbar } from "../run/toolbar.js";
import { nextScheme, topBar } from "../parts/top_bar.js";

const ONE_COLUMN = "(max-width: 860px)"; // as in run_page.css: there the answer stands below the picture
const AFTER_THE_END = 300; // milliseconds, until the run has written what it was

export async function open(place, link, words) {
  const answer = await link.ask("Watch", { run: words[0] });
  const page = new RunPage(place, link, answer);
  if (words[1]) page.playing.go(Number(words[1]));
  return page;
}

class RunPage {
  constructor(place, link, answer) {
    Object.assign(this, { link, answer, run: answer.run, description: answer.experiment });
    Object.assign(this, { events: [...answer.events], bookmarks: answer.bookmarks, checkpoints: new Set(answer.checkpoints), frames: 0, place: null });
    this.playing = new Playing(link, answer);
    this.deeds = this.makeDeeds();
    this.build(place);
    this.listen();
    this.measures.rows(answer.rows);
    this.remark();
    this.playing.tell();
    window.primordia = reading(this);
  }

  // Parts.

  build(place) {
    const { link, description, answer } = this;
    this.status = statusOf(answer);
    const help = control("All keys", this.deeds.help, { icon: "help", key: "?", kind: "quiet" });
    const header = topBar(link, this.status.element, help);
    const picturePlace = make("section", { class: "run-picture", "aria-label": "Picture" });
    const side = make("aside", { class: "run-side", "aria-label": "Measures, findings and settings" });
    const foot = make("footer", { class: "run-foot", "aria-label": "Time" });
    this.root = make("div", { class: "run" }, header, make("div", { class: "run-body" }, picturePlace, side), foot);
    place.append(this.root);
    this.notice = make("div", { class: "notice", role: "status", hidden: true });
    picturePlace.append(this.notice);
    this.picture = picturePanel(picturePlace, link, this.run, description, {
      frame: (frame) => this.drawn(frame),
      pick: (view, row, column) => this.inspect(view, row, column),
      refused: (sentence) => this.notify(sentence),
    });
    this.buildSide(side);
    const bar = make("div", { class: "toolbar", role: "toolbar", "aria-label": "Time and speed" });
    this.timeline = new Timeline(foot, { word: description.step_word, begins: answer.begins_at, go: (step) => this.playing.go(step) });
    foot.append(bar);
    this.tools = toolbar(bar, link, description, this.playing, this.deeds);
  }

  buildSide(side) {
    const { link, run, description, answer, playing } = this;
    const steering = !link.readOnly && !link.recorded;
    this.side = sidePanels(side, [["measures", "Measures"], ["findings", "Findings"], ["place", "Inspect"],
      steering && ["change", "Change"], steering && ["rules", "Stop rules"], ["about", "About"]].filter(Boolean));
    const context = { link, run, experiment: description,
      onIntervene: steering ? (name, given) => interveneDialog(this.facts, name, given) : null,
      onFreeze: steering ? (specimen) => runDeeds.freeze(this, specimen) : null };
    this.facts = { link, run, description, config: answer.config, place: () => this.place };
    this.measures = seriesPanel(this.side.box("measures"), description);
    this.measures.onCursor((step, chosen) => { if (chosen && step !== null) playing.go(step); else this.timeline.point(step); });
    const findings = findingsPanel(this.side.box("findings"), { link, run, description, context, step: () => playing.at });
    this.side.onOpen("findings", () => findings.open());
    settingsPanel(this.side.box("about"), link, answer);
    this.placed = placePanel(this.side.box("place"), { link, run, description, context, answered: (found) => this.foundPlace(found) });
    if (!steering) return;
    const ways = { branch: this.deeds.branch, goOn: () => playing.resume().catch(refusal) };
    const [change, rules] = this.gates = ["change", "rules"].map((name) => gate(this.side.box(name), playing, ways));
    interventionsPanel(change.inner, { ...this.facts, onPlace: (fn) => { this.onPlace = [...(this.onPlace ?? []), fn]; } });
    this.rules = rulesPanel(rules.inner, { link, run, description });
  }

  makeDeeds() {
    const { playing } = this;
    const asked = (fn) => () => { Promise.resolve().then(fn).catch(refusal); };
    const move = (right, down, event) => (this.picture.pointing() ? this.movePointer(right, down, event.shiftKey) : this.picture.view()?.panBy(-60 * right, -60 * down));
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const deeds = {
      play: asked(() => playing.toggle(1)), backwards: asked(() => playing.toggle(-1)),
      step: asked(() => playing.step(1)), back: asked(() => playing.step(-1)),
      now: () => playing.go(null), goTo: () => this.tools.field.select(), goStep: (step) => playing.go(step),
      slower: asked(() => playing.scalePace(0.5)), faster: asked(() => playing.scalePace(2)),
      free: asked(() => playing.setPace(FREE)), undrawn: asked(() => playing.setPace(UNDRAWN)),
      fit: () => this.picture.view()?.fit(), closer: () => this.picture.view()?.zoomBy(1.5), farther: () => this.picture.view()?.zoomBy(1 / 1.5),
      arrow: (event) => move(...arrows[event.key], event), inspect: () => this.picture.inspect(), change: () => this.picture.colourByChange(),
      nextView: () => this.picture.next(), palette: nextScheme, theme: toggleTheme,
      help: () => showKeys((name) => name in deeds), escape: () => this.escape(),
    };
    if (!this.link.recorded) deeds.export = asked(() => this.export());
    if (this.link.readOnly || this.link.recorded) return deeds;
    return Object.assign(deeds, {
      branch: () => runDeeds.branch(this), keep: () => runDeeds.freeze(this, null), reset: () => runDeeds.again(this), seed: () => runDeeds.anotherSeed(this), bookmark: () => this.bookmark(),
    });
  }

  // News.

  listen() {
    const mine = (fn) => (message) => { if (message.run === this.run) fn(message); };
    const { link, playing } = this;
    playing.onChange(() => this.show());
    this.offs = [
      link.on("Progress", mine((message) => playing.progress(message))),
      link.on("Rows", mine(({ rows }) => this.measures.rows(rows))),
      link.on("Happened", mine((message) => this.happened(message))),
      link.on("Making", (message) => { if (message.id === this.picture.view()?.lookId()) this.notify(`${message.what} ${Math.round(100 * message.share)} %`); }),
      link.on("back", () => this.renew()),
      obeyKeys(this.deeds),
    ];
    this.pointing = (event) => { if (event.key === "Enter" && this.picture.pointing()) this.picture.view()?.pickCrosshair(); };
    this.picture.view()?.canvas().parentElement.parentElement.addEventListener("keydown", this.pointing);
    // A button pressed by pointer gives the keyboard back to the page, so that the space bar plays.
    this.root.addEventListener("click", (event) => { if (event.detail) event.target.closest("button")?.blur(); });
  }

  happened(message) {
    this.playing.happened(message);
    this.events.push(message.event);
    if (message.event.event === "checkpoint") this.checkpointed(message.event.step);
    if (message.event.event === "intervention") this.measures.mark(message.event.step, saidOf(message.event));
    this.remark();
  }

  // The folder keeps the newest checkpoints, and those at transitions and at the beginning.
  checkpointed(step) {
    const pinned = new Set([this.answer.begins_at, ...this.events.filter(({ event }) => event === "transition").map((event) => event.step)]);
    this.checkpoints.add(step);
    const loose = [...this.checkpoints].filter((each) => !pinned.has(each)).sort((a, b) => a - b);
    for (const old of loose.slice(0, Math.max(0, loose.length - this.answer.schedule.keep))) this.checkpoints.delete(old);
  }

  remark() {
    this.timeline.mark(marksOf(this.events, this.bookmarks, [...this.checkpoints]));
    for (const event of this.events) if (event.event === "intervention") this.measures.mark(event.step, saidOf(event));
  }

  async renew() {
    try {
      const answer = await this.link.ask("Watch", { run: this.run });
      this.events = [...answer.events];
      this.bookmarks = answer.bookmarks;
      this.checkpoints = new Set(answer.checkpoints);
      this.playing.renew(answer);
      this.measures.rows(answer.rows);
      this.remark();
    } catch (error) {
      refusal(error);
    }
  }

  // Pictures.

  show() {
    const { playing } = this;
    this.picture.show(playing.at);
    this.timeline.show(playing.at ?? playing.newest, playing.newest);
    this.measures.cursor(playing.at);
    this.status.show(playing);
    for (const each of this.gates ?? []) each.show();
    this.holdPictures();
    this.sayBehind();
    this.lookAtTheEnd();
    if (playing.mode === "paused") this.rules?.paused(playing.why);
  }

  // At full speed without drawing the picture stays as it is until the run pauses or is to be drawn again.
  holdPictures() {
    const { playing } = this;
    const held = playing.pace.most === 0 && playing.at === null && playing.mode === "playing";
    this.picture.view()?.hold(held);
    if (held) this.notify("not drawn; 0 draws again");
    else if (this.held) this.notice.hidden = true;
    this.held = held;
  }

  // A run of another process is seen where it stored itself; its numbers are ahead of its picture.
  sayBehind() {
    const { playing } = this;
    const behind = playing.mode === "elsewhere" && playing.at === null && playing.drawn !== null && playing.drawn < playing.newest;
    if (behind) this.notify(`${this.description.step_word} ${grouped(playing.drawn)}: pictures of a run elsewhere come with its checkpoints`);
    else if (this.behind) this.notice.hidden = true;
    this.behind = behind;
  }

  // A run that has ended draws no more; its last picture comes from the recording. One that died could not say so.
  lookAtTheEnd() {
    const ended = this.playing.mode === "over";
    if (ended && this.ended === false) setTimeout(() => this.afterTheEnd(), AFTER_THE_END);
    this.ended = ended;
  }

  afterTheEnd() {
    this.picture.view()?.again();
    if (this.playing.status === "running") this.renew();
  }

  drawn(frame) {
    this.frames++;
    this.notice.hidden = true;
    this.tools.drawn();
    this.playing.shownFrame(frame);
    this.sayBehind();
  }

  notify(sentence) {
    this.notice.textContent = sentence;
    this.notice.hidden = false;
  }

  // Pointing.

  inspect(view, row, column) {
    this.side.choose("place");
    if (matchMedia(ONE_COLUMN).matches) this.root.querySelector(".run-side").scrollIntoView();
    this.placed?.ask(view, row, column, this.playing.at ?? (this.playing.busy ? null : this.playing.drawn));
  }

  // The place that an answer names: a table of what stands there has a row "place".
  foundPlace({ found }) {
    const said = found.flatMap((each) => (each.kind === "table" ? each.rows : [])).find(([name]) => name === "place")?.[1];
    if (!/^\d+$/.test(said ?? "")) return;
    this.place = Number(said);
    for (const listener of this.onPlace ?? []) listener(this.place);
  }

  movePointer(right, down, far) {
    const cells = (far ? 10 : 1) * (this.picture.view().frame()?.stride ?? 1);
    this.picture.view().moveCrosshair(right * cells, down * cells);
  }

  // What keys and buttons do.

  async bookmark() {
    this.bookmarks = (await runDeeds.bookmark(this, this.bookmarks)) ?? this.bookmarks;
    this.remark();
  }

  async export() {
    const { open: opens } = await import("../run/export_dialog.js");
    const { playing, picture } = this;
    const answer = { ...this.answer, step: playing.newest };
    opens(this.link, { answer, view: picture.name(), step: playing.at ?? playing.drawn ?? playing.newest, frame: picture.view()?.frame() ?? null });
  }

  escape() {
    if (this.picture.pointing()) this.picture.inspect(false);
    else this.root.classList.toggle("bare");
  }

  close() {
    for (const off of this.offs) off();
    this.playing.close();
    this.picture.close();
    this.measures.close();
    this.tools.close();
    this.link.ask("Unwatch", { run: this.run }).catch(() => {});
    this.root.remove();
    delete window.primordia;
  }
}

// What tests in a browser look at; nothing of the page depends on it. `lastFrame().pixels` are the palette indices of
// the tile that is drawn, `pixel(x, y)` the red, green and blue of a point of the picture in CSS pixels.
function reading(page) {
  const view = () => page.picture.view();
  return {
    get run() { return page.run; },
    get step() { return page.playing.at ?? page.playing.drawn ?? page.playing.newest; },
    get newest() { return page.playing.newest; },
    get mode() { return page.playing.direction ? "replaying" : page.playing.mode; },
    get live() { return page.playing.at === null; },
    get frames() { return page.frames; },
    get painter() { return view()?.painter() ?? null; },
    lastFrame: () => view()?.frame() ?? null,
    pixel: (x, y) => view().pixel(x, y),
    lens: () => ({ ...view().lens() }),
  };
}
