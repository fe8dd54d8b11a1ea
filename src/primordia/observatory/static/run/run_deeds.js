// What somebody does with a run as a whole: branch, begin again, bookmark, freeze. New runs open at once.

import { control } from "../parts/controls.js";
import { field, values } from "../parts/fields.js";
import { make } from "../parts/made.js";
import { grouped, spoken } from "../parts/numbers.js";
import { agreed, dialog, refusal, say, typed } from "../parts/said.js";

export function visitRun(run) {
  location.hash = `#/run/${run}`;
}

// `page` is {link, answer, playing, picture}; see run_page.js.
export async function again({ link, answer, playing }) {
  const now = playing.steerable ? " The present one is interrupted and kept." : "";
  if (!(await agreed("Begin again?", `A new run with the same settings and seed begins.${now}`, "Begin again"))) return;
  await begin(link, { run: answer.run, seed: null, paused: false });
}

export async function anotherSeed({ link, answer }) {
  const next = String(Number(answer.seed) + 1);
  const seed = await typed("Another seed", "seed of the new run", { value: next, inputmode: "numeric", pattern: "\\d+", required: true }, "Begin");
  if (seed !== null) await begin(link, { run: answer.run, seed: Number(seed), paused: false });
}

async function begin(link, fields) {
  try {
    visitRun((await link.ask("Again", fields)).run);
  } catch (error) {
    refusal(error);
  }
}

// A new run from the state at the step shown, with other settings if somebody likes.
export function branch({ link, answer, playing }) {
  const step = playing.at ?? playing.drawn ?? playing.newest;
  const { experiment: description, config, schedule } = answer;
  const steps = description.schedule.find(({ name }) => name === "steps");
  const length = Math.max(1, schedule.steps - answer.begins_at);
  const until = field(steps, schedule.steps > step ? schedule.steps : step + length);
  const settings = Object.fromEntries(description.settings.filter(({ name }) => name !== "seed").map((each) => [each.name, field(each, config[each.name])]));
  const refused = make("p", { class: "bad", role: "alert" });
  const form = make("form", { class: "stack" },
    make("p", { class: "soft" }, `A new run goes on from ${description.step_word} ${grouped(step)}; this one stays as it is.`),
    until.element,
    make("details", {}, make("summary", {}, "With other settings"), make("div", { class: "fields" }, Object.values(settings).map((each) => each.element))),
    refused,
    make("div", { class: "answers" }, control("Cancel", () => opened.close()), make("button", { class: "button main" }, "Branch")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const changed = values(settings, (each) => each.touched());
      const fork = { run: answer.run, step, settings: changed, schedule: { steps: until.value() }, paused: false };
      const { run } = await link.ask("Fork", fork);
      opened.close();
      visitRun(run);
    } catch (error) {
      refused.textContent = error.message;
    }
  });
  const opened = dialog("Branch from here", form);
}

export async function bookmark({ link, answer, playing }, bookmarks) {
  const step = playing.at ?? playing.drawn ?? playing.newest;
  const known = bookmarks.find((each) => each.step === step);
  const title = `Bookmark ${answer.experiment.step_word} ${grouped(step)}`;
  const note = await typed(title, known ? "note; empty removes the bookmark" : "note", { value: known?.note ?? "here", maxlength: 200 }, "Keep");
  if (note === null) return null;
  try {
    return (await link.ask("Bookmark", { run: answer.run, step, note })).bookmarks;
  } catch (error) {
    refusal(error);
    return null;
  }
}

// Keeps a specimen that an inspection showed, or with null the whole state.
export async function freeze({ link, answer, playing, picture }, specimen) {
  const step = playing.at ?? (playing.busy ? null : playing.drawn);
  const usual = specimen?.title ?? `${spoken(answer.experiment.name)} ${step === null ? "" : grouped(step)}`.trim();
  const name = await typed(specimen ? "Keep in the freezer" : "Keep this state in the freezer", "name", { value: usual, required: true, maxlength: 80 }, "Keep");
  if (!name) return;
  try {
    await link.ask("Freeze", { run: answer.run, step, view: picture.name() ?? "", name, specimen });
    say(`${name} is in the freezer.`);
  } catch (error) {
    refusal(error);
  }
}
