// A view of a run as a picture: palette indices from the server, colours, zoom to single cells, what one points at.
//
//   const view = imageView(place, link, { run, view, declaration, step = null })
//   declaration is {meaning, needs, palette} as described; a picture stands there until `close`
//   view.show(null | step)          live, or a step; onFrame(fn(frame)) is called after each picture that was drawn
//   view.again()                   asks once more for what is shown
//   view.hold(true)                no further pictures until hold(false)
//   view.fit() · zoomBy(factor) · panBy(right, down)   in CSS pixels
//   view.crosshair(on) · moveCrosshair(right, down) · pickCrosshair()   pointing by keyboard
//   view.onPick(fn(row, column)) · mark({row, column} | null) · colourByChange(on) · highlight(index | null)

import { changed } from "./changes.js";
import { gestures } from "./gestures.js";
import { Lens } from "./lens.js";
import { make } from "../parts/made.js";
import { channels, colours, onChange } from "./palettes.js";
import { plainPainter } from "./plain_painter.js";
import { ink, onTheme } from "../parts/theme.js";
import { webglPainter } from "./webgl.js";

const GRID_FROM = 14; // CSS pixels to a cell
const LOOK_AFTER = 60; // milliseconds without a further zoom or pan
const LATE = 400; // milliseconds without a first picture, until that is said
const SLOW = 4000; // and until it is said why
const DIMMED = 0.25;

export function imageView(place, link, facts) {
  return new ImageView(place, link, facts).face();
}

class ImageView {
  constructor(place, link, { run, view, declaration, step = null }) {
    Object.assign(this, { place, link, run, view, declaration, step });
    this.lens = new Lens();
    this.frame = null;
    this.before = null;
    this.byChange = false;
    this.highlighted = null;
    this.pointed = null;
    this.marked = null;
    this.listeners = { frame: new Set(), pick: new Set(), refused: new Set() };
    this.build();
    this.resize();
    this.open();
  }

  build() {
    this.canvas = make("canvas", { class: "picture empty", tabindex: 0, role: "img" });
    this.drawing = make("p", { class: "drawing soft", role: "status", hidden: true }, "drawing…");
    this.late = [
      setTimeout(() => { this.drawing.hidden = Boolean(this.frame); }, LATE),
      setTimeout(() => { this.drawing.textContent = "drawing… the state is computed first"; }, SLOW),
    ];
    this.readout = make("div", { class: "readout", "aria-live": "polite", hidden: true });
    this.cross = make("div", { class: "cell-mark pointing", hidden: true });
    this.markBox = make("div", { class: "cell-mark", hidden: true });
    this.box = make("div", { class: "image-view" }, this.canvas, this.drawing, this.markBox, this.cross, this.readout);
    this.place.append(this.box);
    const plain = new URLSearchParams(location.search).get("canvas") === "2d";
    this.painter = (plain ? null : webglPainter(this.canvas)) ?? plainPainter(this.canvas);
    gestures(this.canvas, {
      zoom: (factor, x, y) => this.moved(() => this.lens.zoom(factor, x, y)),
      pan: (dx, dy) => this.moved(() => this.lens.pan(dx, dy)),
      hover: (x, y) => this.point(x === null ? null : this.lens.cell(x, y)),
      pick: (x, y) => this.pick(this.lens.cell(x, y)),
    });
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.box);
    this.offs = [onChange(() => this.redraw()), onTheme(() => this.redraw())];
  }

  face() {
    const on = (kind) => (listener) => { this.listeners[kind].add(listener); return () => this.listeners[kind].delete(listener); };
    return {
      show: (step) => this.show(step),
      fit: () => this.moved(() => this.lens.fit()),
      zoomBy: (factor) => this.moved(() => this.lens.zoom(factor)),
      panBy: (right, down) => this.moved(() => this.lens.pan(right * this.ratio, down * this.ratio)),
      crosshair: (shown) => this.crosshair(shown),
      moveCrosshair: (right, down) => this.moveCrosshair(right, down),
      pickCrosshair: () => this.pick(this.pointed),
      mark: (cell) => { this.marked = cell; this.placeMarks(); },
      colourByChange: (shown) => { this.byChange = shown; this.redraw(); },
      highlight: (index) => { this.highlighted = index; this.redraw(); },
      onFrame: on("frame"),
      onPick: on("pick"),
      onRefused: on("refused"),
      frame: () => this.frame,
      canvas: () => this.canvas,
      painter: () => this.painter.kind,
      lens: () => this.lens,
      pixel: (x, y) => this.drawNow().painter.pixel(Math.floor(x * this.ratio), Math.floor(y * this.ratio)),
      lookId: () => this.look.id,
      hold: (held) => this.hold(held),
      again: () => this.look.turn({}),
      close: () => this.close(),
    };
  }

  get ratio() {
    return window.devicePixelRatio || 1;
  }

  // Pictures.

  open() {
    this.tile = this.lens.tile();
    const fields = { run: this.run, view: this.view, step: this.step, ...this.tile };
    this.look = this.link.look(fields, (frame) => this.arrived(frame), (sentence) => this.tell("refused", sentence));
  }

  show(step) {
    if (step === this.step) return;
    this.step = step;
    this.look.turn({ step });
  }

  arrived(frame) {
    const waiting = this.next;
    this.next = frame;
    if (!waiting) requestAnimationFrame(() => this.take());
  }

  take() {
    const frame = this.next;
    this.next = null;
    if (!frame || this.closed) return;
    if (!this.frame) this.appear();
    const sameInstant = this.frame && this.frame.step === frame.step && this.frame.revision === frame.revision;
    if (!sameInstant) this.before = this.frame;
    this.frame = frame;
    this.lens.measure(frame.view_rows, frame.view_columns);
    this.draw();
    if (!this.held) this.look.ready();
    if (!this.lens.covered(this.tile)) this.lookSoon(0);
    this.describe();
    this.tell("frame", frame);
  }

  appear() {
    this.late.forEach(clearTimeout);
    this.drawing.hidden = true;
    this.canvas.classList.remove("empty");
  }

  // While it is held the page says no more that it is ready, and the server draws nothing for it.
  hold(held) {
    if (held === Boolean(this.held)) return;
    this.held = held;
    if (!held && this.frame) this.look.ready();
  }

  tell(kind, what) {
    for (const listener of this.listeners[kind]) listener(what);
  }

  // Drawing.

  redraw() {
    if (this.redrawing) return;
    this.redrawing = requestAnimationFrame(() => { this.redrawing = 0; if (!this.closed) this.draw(); });
  }

  drawNow() {
    if (this.redrawing) {
      cancelAnimationFrame(this.redrawing);
      this.redrawing = 0;
      this.draw();
    }
    return this;
  }

  draw() {
    if (!this.frame) return;
    const [ground, accent] = [channels(ink("well")), channels(ink("accent"))];
    const mask = this.byChange ? changed(this.frame, this.before) ?? new Uint8Array(this.frame.pixels.length) : null;
    const rgb = this.shades(colours(this.declaration.palette), ground);
    const masked = Uint8Array.from({ length: rgb.length }, (_, at) => accent[at % 3]);
    const grid = this.lens.scale >= GRID_FROM * this.ratio;
    this.painter.paint({ frame: this.frame, mask, lens: this.lens, rgb, masked, ground, line: channels(ink("edge")), grid });
    this.placeMarks();
  }

  // What is not pointed out steps back towards the ground.
  shades(rgb, ground) {
    return rgb.map((value, at) => {
      const kept = this.highlighted === null ? !this.byChange : Math.floor(at / 3) === this.highlighted;
      return kept ? value : ground[at % 3] + DIMMED * (value - ground[at % 3]);
    });
  }

  resize() {
    const box = this.box.getBoundingClientRect();
    const [width, height] = [Math.max(1, Math.round(box.width * this.ratio)), Math.max(1, Math.round(box.height * this.ratio))];
    if (this.canvas.width === width && this.canvas.height === height && this.lens.width === width) return;
    Object.assign(this.canvas, { width, height });
    this.moved(() => this.lens.resize(width, height), true);
  }

  moved(how, atOnce = false) {
    how();
    if (atOnce) this.draw();
    else this.redraw();
    if (this.frame && !this.lens.covered(this.tile)) this.lookSoon(LOOK_AFTER);
  }

  lookSoon(after) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.closed) return;
      this.tile = this.lens.tile();
      this.look.turn(this.tile);
    }, after);
  }

  // Pointing.

  crosshair(shown) {
    const { lens } = this;
    const middle = lens.cell(lens.width / 2, lens.height / 2) ?? { row: 0, column: 0 };
    this.point(shown ? this.pointed ?? this.marked ?? middle : null);
    if (shown) this.canvas.focus({ preventScroll: true });
  }

  moveCrosshair(right, down) {
    const from = this.pointed ?? { row: 0, column: 0 };
    const row = Math.min(Math.max(from.row + down, 0), this.lens.rows - 1);
    const column = Math.min(Math.max(from.column + right, 0), this.lens.columns - 1);
    this.moved(() => this.lens.reveal(row, column));
    this.point({ row, column });
  }

  pick(cell) {
    if (!cell || !this.listeners.pick.size) return;
    this.marked = cell;
    this.placeMarks();
    for (const listener of this.listeners.pick) listener(cell.row, cell.column);
  }

  point(cell) {
    this.pointed = cell;
    this.describe();
    this.placeMarks();
  }

  // The palette index shown at a cell, or null where it is not on the tile.
  index({ row, column }) {
    const { frame } = this;
    if (!frame) return null;
    const [down, right] = [Math.floor((row - frame.top) / frame.stride), Math.floor((column - frame.left) / frame.stride)];
    const inside = down >= 0 && right >= 0 && down < frame.rows && right < frame.columns;
    return inside ? frame.pixels[down * frame.columns + right] : null;
  }

  describe() {
    const { pointed, frame, declaration, view } = this;
    const index = pointed && this.index(pointed);
    this.readout.hidden = !pointed || index === null;
    if (!this.readout.hidden) {
      const [meaning] = declaration.palette[index] ?? ["?"];
      this.readout.textContent = `row ${pointed.row}, column ${pointed.column} · ${meaning}`;
    }
    const label = `${view}: ${declaration.meaning} ${frame ? `${frame.view_rows} rows, ${frame.view_columns} columns.` : ""}`;
    if (this.canvas.getAttribute("aria-label") !== label) this.canvas.setAttribute("aria-label", label);
  }

  placeMarks() {
    this.placeMark(this.markBox, this.marked);
    this.placeMark(this.cross, this.pointed);
  }

  placeMark(box, cell) {
    box.hidden = !cell || !this.frame;
    if (box.hidden) return;
    const { lens, ratio } = this;
    const side = Math.max(lens.scale / ratio, 7);
    const middle = (origin, n) => (origin + (n + 0.5) * lens.scale) / ratio - side / 2;
    box.style.width = box.style.height = `${side}px`;
    box.style.transform = `translate(${middle(lens.x, cell.column)}px, ${middle(lens.y, cell.row)}px)`;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.late.forEach(clearTimeout);
    this.look.close();
    this.sizes.disconnect();
    for (const off of this.offs) off();
    this.painter.close();
    this.box.remove();
  }
}
