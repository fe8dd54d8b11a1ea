// Written by primordia.observatory.javascript from protocol.py; a test fails when the two drift apart.
export const VERSION = 1;
export const REQUESTS = {
  Catalogue: ["id"],
  Describe: ["id", "experiment"],
  Watch: ["id", "run"],
  Unwatch: ["id", "run"],
  Begin: ["id", "experiment", "preset", "settings", "schedule", "paused"],
  Resume: ["id", "run", "paused"],
  Again: ["id", "run", "seed", "paused"],
  Fork: ["id", "run", "step", "settings", "schedule", "paused"],
  Steer: ["id", "run", "action", "n", "pictures_per_second"],
  Rules: ["id", "run", "rules"],
  Look: ["id", "channel", "run", "view", "step", "top", "left", "rows", "columns", "stride"],
  Ready: ["channel"],
  Close: ["channel"],
  Inspect: ["id", "run", "step", "view", "row", "column"],
  Findings: ["id", "run", "step"],
  Intervene: ["id", "run", "name", "arguments"],
  Bookmark: ["id", "run", "step", "note"],
  Shelf: ["id"],
  Freeze: ["id", "run", "step", "view", "name", "specimen"],
  Thaw: ["id", "item", "run", "arguments"],
  Discard: ["id", "item"],
  Export: ["id", "run", "form", "views", "first", "last", "every", "scale", "pictures_per_second"],
  Sweep: ["id", "of"],
};
export const MESSAGES = {
  Welcome: ["version", "primordia", "read_only"],
  Answer: ["id", "value"],
  Refusal: ["id", "sentence"],
  Progress: ["run", "step", "revision", "steps_per_second", "mode", "why"],
  Rows: ["run", "rows"],
  Happened: ["run", "event"],
  Making: ["id", "share", "what"],
};
export function readFrame(buffer) {
  if (buffer.byteLength < 40) return null;
  const view = new DataView(buffer);
  const frame = {
    magic: view.getUint16(0, true),
    version: view.getUint8(2),
    kind: view.getUint8(3),
    channel: view.getUint16(4, true),
    stride: view.getUint16(6, true),
    step: Number(view.getBigUint64(8, true)),
    view_rows: view.getUint32(16, true),
    view_columns: view.getUint32(20, true),
    top: view.getUint32(24, true),
    left: view.getUint32(28, true),
    rows: view.getUint16(32, true),
    columns: view.getUint16(34, true),
    revision: view.getUint32(36, true),
    pixels: new Uint8Array(buffer, 40),
  };
  const known = frame.magic === 29264 && frame.version === VERSION && frame.kind === 1;
  return known ? frame : null;
}
