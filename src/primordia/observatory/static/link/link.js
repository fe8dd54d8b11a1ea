// The one connection to the server: questions with answers, news of runs, and looks at pictures.
//
//   const link = await connect(trouble)        trouble("lost" | "back" | "shut") before and after
//   await link.ask("Steer", {run, action})     the answer's value; an Error with the server's sentence if refused
//   link.on("Progress", fn) -> off()           also Rows, Happened, Making, and lost, back
//   link.look(fields, onFrame, onRefused) -> {turn(fields), ready(), close()}
//
// A look is renewed by itself when the connection is back; a page asks `Watch` again then.

import { MESSAGES, REQUESTS, VERSION, readFrame } from "./protocol.js";

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;

export function connect(trouble = () => {}) {
  const wire = new Wire(trouble);
  return new Promise((resolve) => wire.open(resolve));
}

class Wire {
  constructor(trouble) {
    this.trouble = trouble;
    this.listeners = new Map();
    this.waiting = new Map();
    this.looks = new Map();
    this.socket = null;
    this.nextId = 1;
    this.nextChannel = 1;
    this.wait = FIRST_WAIT;
    this.link = this.face();
  }

  face() {
    return {
      readOnly: false,
      recorded: false,
      release: "",
      ask: (kind, fields = {}) => this.ask(kind, fields),
      on: (kind, listener) => this.on(kind, listener),
      look: (fields, onFrame, onRefused = () => {}) => this.look(fields, onFrame, onRefused),
    };
  }

  open(welcomed) {
    const address = new URL("/socket", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", (event) => {
      if (typeof event.data === "string") this.told(JSON.parse(event.data), socket, welcomed);
      else this.shown(event.data);
    });
    socket.addEventListener("close", () => this.lost(welcomed));
  }

  told(message, socket, welcomed) {
    if (message.kind === "Welcome") this.welcome(message, socket, welcomed);
    else if (message.kind === "Answer") this.settle(message.id, (asked) => asked.resolve(message.value));
    else if (message.kind === "Refusal") this.settle(message.id, (asked) => asked.reject(new Error(message.sentence)));
    else if (message.kind in MESSAGES) this.tell(message.kind, message);
  }

  welcome(message, socket, welcomed) {
    if (message.version !== VERSION) {
      location.reload();
      return;
    }
    const again = this.wait !== FIRST_WAIT;
    this.socket = socket;
    this.wait = FIRST_WAIT;
    this.link.readOnly = message.read_only;
    this.link.release = message.primordia;
    welcomed(this.link);
    if (!again) return;
    for (const look of this.looks.values()) look.send();
    this.trouble("back");
    this.tell("back", {});
  }

  settle(id, how) {
    const asked = this.waiting.get(id);
    this.waiting.delete(id);
    if (asked) how(asked);
  }

  // Refused for good and gone for a while look the same to a socket, so a plain request asks first which it is.
  lost(welcomed) {
    const had = this.socket !== null;
    this.socket = null;
    for (const asked of this.waiting.values()) asked.reject(new Error("The connection to the observatory was lost."));
    this.waiting.clear();
    this.trouble("lost");
    if (had) this.tell("lost", {});
    this.later(() => this.tryAgain(welcomed));
  }

  async tryAgain(welcomed) {
    const answer = await fetch("/", { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (!answer) this.later(() => this.tryAgain(welcomed));
    else if (answer.status === 403) this.trouble("shut");
    else this.open(welcomed);
  }

  later(what) {
    setTimeout(what, this.wait);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
  }

  on(kind, listener) {
    if (!this.listeners.has(kind)) this.listeners.set(kind, new Set());
    this.listeners.get(kind).add(listener);
    return () => this.listeners.get(kind).delete(listener);
  }

  tell(kind, message) {
    for (const listener of this.listeners.get(kind) ?? []) listener(message);
  }

  ask(kind, fields) {
    const id = this.nextId++;
    const asked = new Promise((resolve, reject) => {
      if (!this.send(kind, { id, ...fields })) {
        reject(new Error("The observatory cannot be reached at the moment."));
        return;
      }
      this.waiting.set(id, { resolve, reject });
    });
    return Object.assign(asked, { id }); // so that news of its making can be told from others
  }

  send(kind, fields) {
    if (!this.socket || this.socket.readyState !== WebSocket.OPEN) return false;
    const missing = REQUESTS[kind].filter((name) => !(name in fields));
    if (missing.length) throw new Error(`${kind} needs ${missing.join(", ")}.`);
    this.socket.send(JSON.stringify({ kind, ...fields }));
    return true;
  }

  shown(buffer) {
    const frame = readFrame(buffer);
    if (frame) this.looks.get(frame.channel)?.onFrame(frame);
  }

  look(fields, onFrame, onRefused) {
    const channel = this.freeChannel();
    const look = { fields, onFrame, refused: null };
    look.send = () => {
      look.asked = this.nextId;
      this.ask("Look", { channel, ...look.fields }).catch((error) => onRefused(error.message));
    };
    this.looks.set(channel, look);
    look.send();
    return {
      get id() {
        return look.asked;
      },
      turn: (changed) => {
        Object.assign(look.fields, changed);
        look.send();
      },
      ready: () => this.send("Ready", { channel }),
      close: () => {
        this.looks.delete(channel);
        this.send("Close", { channel });
      },
    };
  }

  freeChannel() {
    while (this.looks.has(this.nextChannel)) this.nextChannel = (this.nextChannel % 0xfffe) + 1;
    const channel = this.nextChannel;
    this.nextChannel = (channel % 0xfffe) + 1;
    return channel;
  }
}
