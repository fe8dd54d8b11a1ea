// Puts a specimen of the freezer into a run that goes on: which run, and what the intervention still needs to be told.

import { control } from "../parts/controls.js";
import { describe } from "../parts/descriptions.js";
import { field, values } from "../parts/fields.js";
import { make } from "../parts/made.js";
import { dialog, refusal } from "../parts/said.js";

export async function plantDialog(link, item) {
  try {
    const { runs } = await link.ask("Catalogue");
    const { experiment } = item.origin;
    const fitting = runs.filter((run) => run.experiment === experiment && run.status === "running");
    if (!fitting.length) return nowhere(item);
    const description = await describe(link, experiment);
    show(link, item, fitting, description.interventions[item.intervention]?.arguments ?? []);
  } catch (error) {
    refusal(error);
  }
}

function nowhere({ name, origin }) {
  const opened = dialog("No run to put it into", make("p", {}, `${name} comes from ${origin.experiment}, and no run of that goes on here. Start one, or go on with one that was interrupted; then come back.`),
    make("div", { class: "answers" }, control("Close", () => opened.close()), make("a", { class: "button main", href: "#/", on: { click: () => opened.close() } }, "To the runs")));
}

function show(link, item, runs, declared) {
  const where = make("select", { id: "plant-run" }, runs.map((run) => make("option", { value: run.run }, `${run.run}, step ${run.step}`)));
  // What it is made of stays; where it goes, and what it does not say, is asked.
  const asked = declared.filter(({ name }) => name === "place" || !(name in item.arguments));
  const fields = Object.fromEntries(asked.map((each) => [each.name, field(each, item.arguments[each.name] ?? each.default)]));
  const refused = make("p", { class: "bad", role: "alert" });
  const form = make("form", { class: "stack" },
    make("div", { class: "field" }, make("label", { for: "plant-run" }, "run"), where),
    make("div", { class: "fields" }, Object.values(fields).map((each) => each.element)),
    refused,
    make("div", { class: "answers" }, control("Cancel", () => opened.close()), make("button", { class: "button main" }, "Put it there")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { run } = await link.ask("Thaw", { item: item.item, run: where.value, arguments: values(fields) });
      opened.close();
      location.hash = `#/run/${run ?? where.value}`;
    } catch (error) {
      refused.textContent = error.message;
    }
  });
  const opened = dialog(`Put ${item.name} into a run`, form);
}
