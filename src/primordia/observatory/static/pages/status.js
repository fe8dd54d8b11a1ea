// The name of a run and how it stands, in the bar on top.

import { make } from "../parts/made.js";
import { grouped } from "../parts/numbers.js";

const WORDS = { playing: "playing", pausing: "pausing", paused: "paused", waiting: "preparing", elsewhere: "runs elsewhere" };
const LOOKS = { playing: "good", finished: "good", pausing: "warn", paused: "warn", waiting: "warn", failed: "bad", died: "bad", interrupted: "warn" };

export function statusOf({ experiment, preset, seed }) {
  const chip = make("span", { class: "chip status", role: "status" });
  const past = make("span", { class: "chip past", hidden: true });
  const why = make("span", { class: "why soft" });
  const detail = make("span", { class: "soft detail" }, [preset, `seed ${seed}`].filter(Boolean).join(" · "));
  const element = make("div", { class: "run-name" }, make("h1", {}, experiment.name), detail, chip, past, why);
  return {
    element,
    show({ mode, status, why: reason, at, direction }) {
      const word = mode === "over" ? status : WORDS[mode] ?? mode;
      const text = direction ? (direction > 0 ? "replaying" : "replaying backwards") : word;
      if (chip.textContent !== text) chip.textContent = text;
      chip.className = `chip status ${LOOKS[direction ? "playing" : mode === "over" ? status : mode] ?? ""}`;
      past.hidden = at === null;
      past.textContent = at === null ? "" : `past: ${experiment.step_word} ${grouped(at)}`;
      why.textContent = reason ?? "";
      why.title = reason ?? "";
      document.title = `${experiment.name} ${text} · primordia`;
    },
  };
}
