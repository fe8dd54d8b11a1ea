// What only a run that goes on here can be told; for every other it stands there why not, and what one can do instead.

import { control } from "../parts/controls.js";
import { make } from "../parts/made.js";

const SENTENCES = {
  elsewhere: "Another process runs this one; from here it can be watched and not changed. Branch from the step shown for a run of your own.",
  waiting: "This run is being prepared.",
  stopped: "This run stands still. Go on with it, or branch from the step shown for another one.",
  ended: "This run has ended. Branch from the step shown, and change what follows.",
};

// Puts a place into `box` that is shown while the run may be steered. `ways` is {goOn(), branch()}.
export function gate(box, playing, ways) {
  const sentence = make("p", { class: "soft" });
  const goOn = control("Go on with this run", ways.goOn, { kind: "main" });
  const branch = control("Branch from here", ways.branch);
  const shut = make("div", { class: "stack", hidden: true }, sentence, make("div", { class: "row" }, goOn, branch));
  const inner = make("div", { class: "stack" });
  box.append(shut, inner);
  return {
    inner,
    show() {
      const why = playing.resumable ? "stopped" : SENTENCES[playing.mode] ? playing.mode : "ended";
      shut.hidden = playing.steerable;
      inner.hidden = !playing.steerable;
      sentence.textContent = SENTENCES[why];
      goOn.hidden = why !== "stopped";
      branch.hidden = why === "waiting";
    },
  };
}
