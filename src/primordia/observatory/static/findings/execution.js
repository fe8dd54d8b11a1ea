// A program run step by step: the tape with its heads, the instruction just done and the next one, registers, all steps.
// Keys inside: left and right one step, page up and page down ten, home and end, space plays.

import { instructionLines } from "./execution_lines.js";
import { stepList } from "./execution_list.js";
import { playback } from "./execution_playback.js";
import { registerTable } from "./execution_registers.js";
import { tapePicture } from "./execution_tape.js";
import { walk } from "./execution_walk.js";
import { button, copyText, make } from "../parts/made.js";
import { grouped } from "../parts/numbers.js";

const JUMP = 10;

// A finding {tape, parts, glyphs, classes, palette, registers, pointers, opening, matches, steps, stopped, test}.
export function render(finding) {
  const walked = walk(finding);
  const parts = {
    tape: tapePicture(finding),
    lines: instructionLines(finding),
    registers: registerTable(finding),
    list: stepList(finding, (number) => go(number)),
  };
  const slider = make("input", { type: "range", min: 0, max: finding.steps.length, value: 0, "aria-label": "step" });
  const count = make("output", { class: "mono soft execution-count" });
  const player = playback({ advance: () => advance(1), more: () => walked.number() < finding.steps.length, rewind: () => go(0) });

  function go(number) {
    const wanted = Math.max(0, Math.min(finding.steps.length, number));
    const moment = walked.go(wanted);
    slider.value = wanted;
    slider.setAttribute("aria-valuetext", `step ${wanted} of ${finding.steps.length}`);
    count.textContent = `${grouped(wanted)} / ${grouped(finding.steps.length)}`;
    for (const part of Object.values(parts)) part.show(moment);
  }

  function advance(steps) {
    go(walked.number() + steps);
  }

  function turn(steps) {
    player.stop();
    advance(steps);
  }

  slider.addEventListener("input", () => { player.stop(); go(Number(slider.value)); });
  const bar = make("div", { class: "execution-bar", role: "group", "aria-label": "steps" },
    mover("«", "first: before all steps (home)", () => turn(-Infinity)),
    mover("−10", "ten steps back (page up)", () => turn(-JUMP)),
    mover("−1", "one step back (left)", () => turn(-1)),
    player.button,
    mover("+1", "one step on (right)", () => turn(1)),
    mover("+10", "ten steps on (page down)", () => turn(JUMP)),
    mover("»", "last step (end)", () => turn(Infinity)),
    slider, count);
  const box = make("div", { class: "execution", tabindex: "0", role: "group", "aria-label": `${finding.title}, step by step` },
    make("div", { class: "execution-top" }, bar, parts.lines.element), parts.registers.element, parts.tape.element, parts.list.element, copies(finding));
  box.addEventListener("keydown", (event) => press(event, { turn, play: player.turn }));
  go(0);
  return box;
}

function mover(sign, words, does) {
  return button(sign, does, { class: "button execution-move", "aria-label": words, title: words });
}

// Keys belong to the execution while it has the focus; none of them reaches the page, whose space key plays the run.
function press(event, { turn, play }) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -JUMP, PageDown: JUMP, Home: -Infinity, End: Infinity };
  const onSlider = event.target.matches("input");
  if (event.key in moves && !(onSlider && event.key.startsWith("Arrow"))) turn(moves[event.key]);
  else if (event.key === " " && !event.target.matches("button, summary, label, input[type=checkbox]")) play();
  else {
    if (event.key in moves || event.key === " ") event.stopPropagation();
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

function copies(finding) {
  const [, cells] = finding.parts[0] ?? ["", finding.tape.length];
  const program = `hex:${finding.tape.slice(0, cells).map((value) => value.toString(16).padStart(2, "0")).join("")}`;
  const asProgram = button("copy program", () => copyText(program, asProgram), { class: "button quiet small" });
  const asTest = button("copy as test", () => copyText(finding.test, asTest), { class: "button quiet small" });
  return make("div", { class: "finding-tools" }, asProgram, finding.test ? asTest : null);
}
