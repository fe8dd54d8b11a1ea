// The link of a shared file: the recording that stands in the page, asked and looked at as a server is (link.js).
// Nothing is fetched; what was not recorded is refused with a sentence.

import { Recording } from "./recording.js";
import { cellStory } from "./cell_story.js";

const ELSEWHERE = "This file plays a recording and knows nothing else; open the run with `primordia watch` for that.";

export async function connect() {
  const element = document.getElementById("recording");
  const recording = new Recording(bytesOf(element.textContent));
  element.remove(); // Its text is as large as all pictures together.
  return linkOf(recording);
}

function linkOf(recording) {
  const { run, findings, per_second: perSecond } = recording.header;
  const answers = {
    Watch: () => run,
    Unwatch: () => ({}),
    Describe: () => run.experiment,
    Findings: () => findings,
    Inspect: (fields) => cellStory(recording, run.experiment, fields),
  };
  return {
    readOnly: true,
    recorded: true,
    release: recording.header.primordia,
    run: run.run,
    views: recording.views(),
    perSecond,
    // The recorded step at or before `step`, or so many pictures later or earlier.
    along: (step, n) => recording.along(step, n),
    ask: async (kind, fields = {}) => {
      if (!(kind in answers)) throw new Error(ELSEWHERE);
      return structuredClone(await answers[kind](fields));
    },
    on: () => () => {},
    look: (fields, onFrame, onRefused = () => {}) => look(recording, fields, onFrame, onRefused),
  };
}

// The picture of the newest wish wins; a wish that is overtaken while it is being unpacked is dropped.
function look(recording, fields, onFrame, onRefused) {
  let turn = 0;
  const wished = { ...fields };
  const send = async () => {
    const mine = ++turn;
    try {
      const frame = await recording.frame(wished.view, wished.step);
      if (mine === turn) onFrame(cut(frame, wished));
    } catch (error) {
      if (mine === turn) onRefused(error.message);
    }
  };
  send();
  return {
    id: 0,
    turn: (changed) => {
      Object.assign(wished, changed);
      send();
    },
    ready: () => {},
    close: () => { turn = -1; },
  };
}

// Every `stride`-th cell from (top, left) on, never beyond the picture; 0 rows or columns are as many as there are.
function cut({ step, revision, rows, columns, pixels }, wished) {
  const stride = Math.max(1, wished.stride);
  const top = Math.min(Math.max(0, wished.top), rows - 1);
  const left = Math.min(Math.max(0, wished.left), columns - 1);
  const down = counted(rows - top, stride, wished.rows);
  const across = counted(columns - left, stride, wished.columns);
  const shown = new Uint8Array(down * across);
  for (let row = 0; row < down; row++) {
    const from = (top + row * stride) * columns + left;
    for (let column = 0; column < across; column++) shown[row * across + column] = pixels[from + column * stride];
  }
  return { step, revision, stride, top, left, rows: down, columns: across, view_rows: rows, view_columns: columns, pixels: shown };
}

function counted(cells, stride, wanted) {
  const there = Math.ceil(cells / stride);
  return wanted > 0 ? Math.min(there, wanted) : there;
}

function bytesOf(base64) {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
