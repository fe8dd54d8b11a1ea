// Everything that can be started: a card for each experiment, by wing, with its presets and what to look for.

import { control } from "../parts/controls.js";
import { describe } from "../parts/descriptions.js";
import { make } from "../parts/made.js";
import { refusal } from "../parts/said.js";
import { openStartForm } from "./start_form.js";

const WINGS = {
  life: "Programs that copy: soups of code that changes itself.",
  minds: "Predictors that learn from what stands before them.",
  games: "Learners among learners.",
};
// Each shows a transition within minutes on a laptop.
const FIRST = [["life/bff", "quick"], ["minds/icl-regression", "demo"], ["games/coala-ipd", "demo"]];

// {element, count(runs), firstRuns()}: the cards, how many runs each has, and three to begin with.
export function starting(link, experiments) {
  const counts = new Map();
  const wings = [...new Set(experiments.map((each) => each.wing))].sort((one, other) => rank(one) - rank(other));
  const groups = wings.map((wing) => make("section", { class: "wing", "aria-label": wing },
    make("h3", {}, wing, WINGS[wing] ? make("span", { class: "soft" }, ` ${WINGS[wing]}`) : ""),
    make("div", { class: "experiments" }, experiments.filter((each) => each.wing === wing).map((each) => card(link, each, counts)))));
  return {
    element: make("section", { class: "stack starting", id: "start" }, make("h2", {}, link.readOnly ? "What there is" : "Start something"), groups),
    count(runs) {
      for (const [name, place] of counts) {
        const many = runs.filter((run) => run.experiment === name).length;
        place.hidden = many < 2;
        place.textContent = `sweep: ${many} runs`;
      }
    },
    firstRuns: () => FIRST.flatMap(([name, preset]) => {
      const found = experiments.find((each) => each.name === name && each.installed && preset in each.presets);
      return found ? [firstRun(link, found, preset)] : [];
    }),
  };
}

function rank(wing) {
  const at = Object.keys(WINGS).indexOf(wing);
  return at < 0 ? 99 : at;
}

function firstRun(link, experiment, preset) {
  return make("div", { class: "card" }, make("h3", {}, experiment.name), make("p", {}, experiment.summary),
    make("p", { class: "soft" }, experiment.presets[preset]), startButton(link, experiment.name, preset, `Start ${preset}`));
}

function card(link, experiment, counts) {
  const sweep = make("a", { class: "chip", href: `#/sweep/${experiment.name}`, hidden: true });
  counts.set(experiment.name, sweep);
  const title = experiment.name.split("/").slice(1).join("/");
  const head = make("summary", {}, make("span", { class: "experiment-name" }, title), make("span", { class: "experiment-summary" }, experiment.summary || experiment.why));
  return make("details", { class: `card experiment ${experiment.installed ? "" : "absent"}` }, head, make("div", { class: "stack" },
    experiment.installed ? null : make("p", { class: "warn" }, experiment.why),
    source(experiment.source),
    make("ul", { class: "presets" }, Object.entries(experiment.presets).map(([preset, text]) => presetItem(link, experiment, preset, text))),
    make("div", { class: "row" }, link.readOnly || !experiment.installed ? null : control("Choose every setting…", () => form(link, experiment.name)), sweep)));
}

function source(paper) {
  if (!paper) return null;
  const people = paper.authors.split(", ");
  const by = people.length > 3 ? `${people[0]} and ${people.length - 1} others` : paper.authors;
  return make("p", { class: "soft source" }, `${paper.title}. ${by}, ${paper.year}. arXiv ${paper.arxiv}`);
}

function presetItem(link, experiment, preset, text) {
  const start = link.readOnly || !experiment.installed ? null : startButton(link, experiment.name, preset, "Start");
  return make("li", {}, make("div", { class: "preset-name" }, make("strong", {}, preset), start), make("p", {}, text));
}

function startButton(link, experiment, preset, words) {
  const start = control(words, async () => {
    start.disabled = true;
    start.textContent = "starting…";
    try {
      const begun = await link.ask("Begin", { experiment, preset, settings: {}, schedule: {}, paused: false });
      location.hash = `#/run/${begun.run}`;
    } catch (error) {
      refusal(error);
      start.disabled = false;
      start.textContent = words;
    }
  }, { kind: "main" });
  start.title = `Start ${experiment}, preset ${preset}`;
  start.setAttribute("aria-label", start.title);
  return start;
}

async function form(link, name) {
  try {
    openStartForm(link, await describe(link, name));
  } catch (error) {
    refusal(error);
  }
}
