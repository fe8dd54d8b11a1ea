// Where in its time a run is shown, and what makes that move: the run itself at the newest step, or the page in the
// past, forwards and backwards. Knows no elements; whoever draws listens with `onChange`.

const REPLAY_PICTURES = 400; // a replay as fast as it goes shows about so many pictures of the whole run
const USUAL = { n: 0, most: 30 };
const OVER = { finished: "finished", interrupted: "interrupted", failed: "failed" };

export class Playing {
  constructor(link, answer) {
    Object.assign(this, { link, at: null, direction: 0, pace: { ...USUAL }, drawn: null, listeners: new Set() });
    this.renew(answer);
  }

  // What `Watch` answered, now or after the connection was lost.
  renew(answer) {
    const { run, step, mode, why, status, live } = answer;
    Object.assign(this, { run, newest: step, mode, why, status, live, rate: 0, begins: answer.begins_at });
    if (this.at !== null && this.at >= this.newest) this.at = null;
    this.tell();
  }

  onChange(listener) {
    this.listeners.add(listener);
  }

  tell() {
    for (const listener of this.listeners) listener(this);
  }

  get shown() {
    return this.at ?? this.newest;
  }

  get busy() {
    return this.direction !== 0 || (this.at === null && this.mode === "playing");
  }

  // Whether this page may and can steer the run.
  get steerable() {
    return this.live && this.mode !== "over" && !this.link.readOnly && !this.link.recorded;
  }

  get resumable() {
    const ended = this.mode === "over" && (this.status === "interrupted" || this.status === "failed" || this.status === "died");
    return ended && !this.link.readOnly && !this.link.recorded;
  }

  progress({ step, steps_per_second: rate, mode, why }) {
    Object.assign(this, { newest: step, rate: mode === "playing" ? rate : 0, mode, why });
    this.tell();
  }

  happened({ event: { event } }) {
    if (event in OVER) this.status = OVER[event];
    else if (event === "started" || event === "resumed") this.status = "running";
  }

  // Space: stops whatever moves; else goes on from where one is.
  async toggle(direction = 1) {
    if (this.direction) return this.halt();
    if (this.at === null && direction > 0) return this.toggleRun();
    if (this.at === null) {
      if (this.mode === "playing") await this.pause();
      this.at = this.drawn ?? this.newest;
    }
    this.direction = direction;
    this.advance();
  }

  async toggleRun() {
    if (this.mode === "playing" && this.steerable) return this.pause();
    if (this.steerable) return this.steer("play");
    if (this.resumable) return this.resume();
    if (this.mode === "over" && this.newest > this.begins) {
      this.direction = 1;
      return this.go(this.begins, true);
    }
  }

  halt() {
    this.direction = 0;
    clearTimeout(this.timer);
    this.tell();
  }

  pause() {
    return this.steer("pause");
  }

  async resume() {
    await this.link.ask("Resume", { run: this.run, paused: false });
    this.live = true;
    this.sendPace();
  }

  // A step forwards (by the run itself at its end) or back; back from a playing run pauses it.
  async step(n) {
    this.halt();
    if (this.at === null && n > 0) return this.steerable ? this.steer("step", n) : undefined;
    if (this.at === null && this.mode === "playing") await this.pause();
    this.go(this.beyond(this.at ?? this.drawn ?? this.newest, n));
  }

  // Shows a step, or with null what is newest.
  go(step, moving = false) {
    if (!moving) this.halt();
    const known = step === null ? null : this.link.along?.(step) ?? step;
    this.at = known === null || known >= this.newest ? null : Math.max(known, this.begins);
    this.tell();
  }

  // A picture was drawn: a replay goes on to the next one. While the run plays, its progress is news enough.
  shownFrame(frame) {
    const news = frame.step !== this.drawn;
    this.drawn = frame.step;
    // It may overtake the news of its step, and a step back from it is a step back all the same.
    if (frame.step > this.newest) this.newest = frame.step;
    if (this.direction && (this.at === null || frame.step === this.at)) this.advance();
    else if (news && this.mode !== "playing") this.tell();
  }

  advance() {
    clearTimeout(this.timer);
    this.tell();
    const wait = 1000 / (this.link.perSecond ?? (this.pace.most || USUAL.most));
    this.timer = setTimeout(() => {
      if (!this.direction) return;
      const next = this.beyond(this.shown, this.direction * (this.link.recorded ? this.pace.n || 1 : this.stride));
      const arrived = this.direction > 0 ? next >= this.newest : next <= this.begins;
      if (arrived) this.arrive();
      else this.go(next, true);
    }, wait);
  }

  // At the newest step a replay becomes the run itself again; at the first one it stops.
  arrive() {
    const forwards = this.direction > 0;
    this.direction = 0;
    this.go(forwards ? null : this.begins, true);
    if (forwards && this.steerable && (this.mode === "pausing" || this.mode === "paused")) this.steer("play");
  }

  // The step so many further: of a recording, so many pictures.
  beyond(step, n) {
    return this.link.along?.(step, n) ?? step + n;
  }

  // Steps to a picture in a replay.
  get stride() {
    return this.pace.n || Math.max(1, Math.ceil((this.newest - this.begins) / REPLAY_PICTURES));
  }

  // Halves or doubles the steps to a picture; from free running it starts at what the run does now.
  scalePace(factor) {
    const measured = Math.max(1, this.rate / (this.pace.most || USUAL.most));
    const from = this.pace.n || (this.at === null ? 2 ** Math.round(Math.log2(measured)) : this.stride);
    const n = Math.min(2 ** 30, Math.max(1, factor > 1 ? from * 2 : Math.floor(from / 2)));
    return this.setPace({ n, most: this.pace.most || USUAL.most });
  }

  setPace(pace) {
    this.pace = pace;
    this.tell();
    return this.sendPace();
  }

  sendPace() {
    return this.steerable ? this.steer("pace", this.pace.n, this.pace.most) : undefined;
  }

  steer(action, n = 0, most = 0) {
    return this.link.ask("Steer", { run: this.run, action, n, pictures_per_second: most });
  }

  close() {
    this.halt();
    this.listeners.clear();
  }
}

export const FREE = USUAL;
export const UNDRAWN = { n: 0, most: 0 };
