// A form with every setting of an experiment: what a preset says, what may be said instead, and what the server refuses.

import { control } from "../parts/controls.js";
import { field, values } from "../parts/fields.js";
import { make } from "../parts/made.js";
import { dialog } from "../parts/said.js";

// Opens the form as a dialog; `given` {preset, settings, schedule} fills it in. A run that was started is shown.
export function openStartForm(link, description, given = {}) {
  const state = { link, description, fields: {}, schedule: {} };
  const presets = make("select", { id: "start-preset" }, [["", "plain defaults"], ...Object.keys(description.presets).map((name) => [name, name])].map(([value, text]) => make("option", { value }, text)));
  const text = make("p", { class: "soft" });
  const sections = make("div", { class: "stack" });
  const refused = make("p", { class: "bad", role: "alert", hidden: true });
  presets.value = given.preset ?? (description.presets.demo ? "demo" : "");
  const refill = () => {
    text.textContent = description.presets[presets.value]?.text ?? "Every setting as the experiment declares it.";
    fill(state, sections, presets.value, given);
  };
  presets.addEventListener("change", refill);
  refill();
  const begin = (paused) => start(state, presets.value, paused, refused, opened);
  const answers = make("div", { class: "answers" }, control("Cancel", () => opened.close()), control("Start paused", () => begin(true)), control("Start", () => begin(false), { kind: "main" }));
  const chooser = make("div", { class: "field" }, make("label", { for: "start-preset" }, "preset"), presets);
  const opened = dialog(`Start ${description.name}`, make("div", { class: "stack" }, chooser, text, sections, refused), answers);
  opened.classList.add("start-form");
  opened.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("input")) begin(false); });
  return opened;
}

// The fields anew; what somebody has typed stays.
function fill(state, place, preset, given) {
  const { description } = state;
  const declared = description.presets[preset] ?? { config: {}, run: {} };
  const typed = (fields) => Object.fromEntries(Object.entries(fields).filter(([, each]) => each.touched()).map(([name, each]) => [name, each.text()]));
  const kept = { ...given.settings, ...typed(state.fields) }, keptSchedule = { ...given.schedule, ...typed(state.schedule) };
  state.fields = made(description.settings, declared.config, kept);
  state.schedule = made(description.schedule, declared.run, keptSchedule);
  const special = description.settings.filter(({ name }) => name in declared.config || name === "seed");
  const rest = description.settings.filter((each) => !special.includes(each));
  const element = (fields) => ({ name }) => fields[name].element;
  const group = (title, list, fields, open) => list.length && make("details", { class: "settings", open }, make("summary", {}, title), make("div", { class: "settings-fields" }, list.map(element(fields))));
  const many = special.length > 1 ? `${preset} sets these` : "seed";
  place.replaceChildren(...[
    group(many, special, state.fields, true),
    group(special.length > 1 ? `${rest.length} more settings` : `${rest.length} settings`, rest, state.fields, rest.length <= 8),
    group("how long, how often", description.schedule, state.schedule, false),
  ].filter(Boolean));
}

function made(declared, preset, kept) {
  return Object.fromEntries(declared.map((each) => {
    const one = field(each, each.name in preset ? preset[each.name] : each.default);
    if (each.name in kept) one.set(kept[each.name]);
    return [each.name, one];
  }));
}

async function start({ link, description, fields, schedule }, preset, paused, refused, opened) {
  const touched = (each) => each.touched();
  const buttons = [...opened.querySelectorAll(".answers button")];
  refused.hidden = true;
  buttons.forEach((each) => { each.disabled = true; });
  try {
    const asked = { experiment: description.name, preset, settings: values(fields, touched), schedule: values(schedule, touched), paused };
    const begun = await link.ask("Begin", asked);
    opened.close();
    location.hash = `#/run/${begun.run}`;
  } catch (error) {
    refuse({ ...schedule, ...fields }, error.message, refused);
  }
  buttons.forEach((each) => { each.disabled = false; });
}

// Beside the field that the sentence is about, where it names one.
function refuse(fields, sentence, refused) {
  const named = Object.entries(fields).filter(([name]) => new RegExp(`\\b${name}\\b`).test(sentence));
  const [, about] = named.sort(([one], [other]) => sentence.search(one) - sentence.search(other))[0] ?? [];
  if (!about) {
    refused.textContent = sentence;
    refused.hidden = false;
    return;
  }
  const section = about.element.closest("details");
  if (section) section.open = true;
  about.refuse(sentence);
  about.element.querySelector("input, select")?.focus();
}
