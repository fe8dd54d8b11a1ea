// Playing the steps of an execution, one after the other, when asked to.

import { button } from "../parts/made.js";

const PER_SECOND = 12;

// `advance` does one step; `more` says whether there is one; from the end it begins again with `rewind`. Returns {button, turn(), stop()}.
export function playback({ advance, more, rewind }) {
  let timer = 0;
  const label = () => {
    play.textContent = timer ? "pause" : "play";
    play.setAttribute("aria-pressed", String(timer !== 0));
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    label();
  };
  const beat = () => {
    if (!play.isConnected || !more()) return stop();
    advance();
  };
  const turn = () => {
    if (timer) return stop();
    if (!more()) rewind();
    timer = setInterval(beat, 1000 / PER_SECOND);
    label();
  };
  const play = button("play", turn, { class: "button execution-play", title: "play (space)", "aria-keyshortcuts": "Space" });
  return { button: play, turn, stop };
}
