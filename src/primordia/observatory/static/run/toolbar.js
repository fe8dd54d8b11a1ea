// The controls of a run's time, and both rates: steps a second of the run, pictures a second of this page.

import { control, relabel } from "../parts/controls.js";
import { make } from "../parts/made.js";
import { grouped, written } from "../parts/numbers.js";
import { FREE, UNDRAWN } from "./playing.js";

const WINDOW = 2000; // milliseconds over which pictures are counted

// `deeds` are those of the keys. Returns {show(playing), drawn(), close()}.
export function toolbar(place, link, description, playing, deeds) {
  const word = description.step_word;
  const play = control("Play", deeds.play, { icon: "play", key: "Space", kind: "main" });
  const backwards = control("Play backwards", deeds.backwards, { icon: "backwards", key: "Shift+Space" });
  const now = control("Newest step", deeds.now, { icon: "now", key: "n", kind: "quiet" });
  const field = make("input", { type: "text", inputmode: "numeric", class: "step-field", id: "step-field", title: "Go to a step (g)", "aria-label": `Go to ${word}` });
  const newest = make("span", { class: "soft" });
  const pace = make("output", { class: "pace" });
  const free = control("full speed", deeds.free, { key: "0", kind: "quiet" });
  const undrawn = control("undrawn", deeds.undrawn, { key: "m", kind: "quiet" });
  free.title = "As fast as it goes, drawn when ready (0)";
  undrawn.title = "As fast as it goes, not drawn (m)";
  const rates = make("span", { class: "rates soft" });
  const pictures = pictureRate();
  const go = () => { deeds.goStep(Number(field.value.replace(/\D/g, ""))); field.blur(); };
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); else if (event.key === "Escape") field.blur(); });

  const group = (label, kind, ...children) => make("div", { class: `row group ${kind}`, role: "group", "aria-label": label }, ...children);
  const server = link.recorded ? [] : [
    control("Branch from here", deeds.branch, { icon: "branch", key: "Shift+B" }),
    control("Bookmark", deeds.bookmark, { icon: "bookmark", key: "b" }),
    control("Keep this state in the freezer", deeds.keep, { icon: "freeze" }),
    control("Again, same settings", deeds.reset, { icon: "reset", key: "r" }),
    control("Again, another seed", deeds.seed, { icon: "seed", key: "s" }),
    control("Export", deeds.export, { icon: "export", key: "e" }),
  ];
  if (link.readOnly) server.splice(0, 5);
  place.append(
    group("Time", "time-group", backwards, control("One step back", deeds.back, { icon: "back", key: "," }), play,
      control("One step", deeds.step, { icon: "step", key: "." }), now),
    group("Step", "step-group", make("label", { for: "step-field", class: "soft" }, word), field, newest),
    group("Speed", "pace-group", control("Half as many steps to a picture", deeds.slower, { icon: "slower", key: "[" }), pace,
      control("Twice as many steps to a picture", deeds.faster, { icon: "faster", key: "]" }), free, link.recorded ? null : undrawn),
    rates, make("span", { class: "grow" }), group("Run", "run-group", ...server));

  const show = () => {
    relabel(play, playing.busy ? "Pause" : playWords(playing), playing.busy ? "pause" : "play", "Space");
    play.disabled = link.readOnly && playing.at === null && playing.mode !== "over";
    now.setAttribute("aria-pressed", String(playing.at === null));
    if (document.activeElement !== field) field.value = grouped(playing.at ?? playing.drawn ?? playing.newest);
    newest.textContent = `of ${grouped(playing.newest)}`;
    const { n, most } = playing.pace;
    pace.textContent = n ? `${grouped(n)} / picture` : most ? "free" : "not drawn";
    free.setAttribute("aria-pressed", String(n === FREE.n && most > 0));
    undrawn.setAttribute("aria-pressed", String(n === UNDRAWN.n && most === UNDRAWN.most));
    pace.title = n ? `${grouped(n)} ${word}s to a picture` : "as many steps as there is time for";
  };
  const tell = () => { rates.textContent = `${written(rounded(playing.rate))} ${word}s/s · ${written(rounded(pictures.rate()))} pictures/s`; };
  const timer = setInterval(tell, 500);
  field.addEventListener("blur", show);
  playing.onChange(show);
  show();
  tell();
  return { drawn: pictures.drawn, field, close: () => clearInterval(timer) };
}

function playWords(playing) {
  if (playing.at !== null || playing.steerable) return "Play";
  if (playing.resumable) return "Go on with this run";
  return "Replay";
}

function pictureRate() {
  let times = [];
  return {
    drawn() { times.push(performance.now()); },
    rate() {
      const since = performance.now() - WINDOW;
      times = times.filter((time) => time > since);
      return (1000 * times.length) / WINDOW;
    },
  };
}

function rounded(value) {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(2));
}
