// A film of palette indices: play, one frame on or back, or any frame. It plays when asked to, never by itself.

import { button, make } from "../parts/made.js";
import { decoded, framed } from "./picture.js";

// A finding {frames, rows, columns, pixels, palette, per_second}.
export function render(finding) {
  const frame = framed(finding, decoded(finding.pixels));
  const place = make("input", { type: "range", min: 0, max: finding.frames - 1, value: 0, "aria-label": `frame of ${finding.title}` });
  const count = make("output", { class: "mono soft" });
  let at = 0, timer = 0;
  const show = (wanted) => {
    at = (wanted + finding.frames) % finding.frames;
    place.value = at;
    count.textContent = `${at + 1} / ${finding.frames}`;
    frame.paint(at);
  };
  const pause = () => { clearInterval(timer); timer = 0; play.textContent = "play"; };
  const turn = () => {
    if (timer) return pause();
    play.textContent = "pause";
    timer = setInterval(() => (play.isConnected ? show(at + 1) : pause()), 1000 / finding.per_second);
  };
  const play = button("play", turn, { class: "button film-play" });
  const back = button("‹", () => { pause(); show(at - 1); }, { "aria-label": "one frame back" });
  const on = button("›", () => { pause(); show(at + 1); }, { "aria-label": "one frame on" });
  place.addEventListener("input", () => { pause(); show(Number(place.value)); });
  show(0);
  return make("div", { class: "finding-film" }, frame.element, make("div", { class: "film-bar" }, play, back, on, place, count));
}
