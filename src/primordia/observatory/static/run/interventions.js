// Taking part: settings that change from the newest step on, and the experiment's own interventions. Each becomes an
// event of the run and a mark on its timeline.

import { control } from "../parts/controls.js";
import { explain } from "../parts/explain.js";
import { field, values } from "../parts/fields.js";
import { make } from "../parts/made.js";
import { grouped, spoken } from "../parts/numbers.js";
import { dialog, say } from "../parts/said.js";
import { saidOf } from "./timeline.js";

const SLIDER_STEPS = 200;
const WIDE = 1000; // a range wider than this is typed, not slid

// `facts` is {link, run, description, config, place()}; `place()` is what the last inspection called its place, or null.
export function interventionsPanel(box, facts) {
  const own = Object.entries(facts.description.interventions ?? {});
  box.append(...own.map(([name, declared]) => ownForm(name, declared, facts)), settingsForm(facts));
}

export async function intervene({ link, run, description }, name, given) {
  const { event } = await link.ask("Intervene", { run, name, arguments: given });
  say(`Done at ${description.step_word} ${grouped(event.step)}: ${saidOf(event)}.`);
  return event;
}

// Asks for what an intervention still needs, such as the place of a specimen, and does it.
export function interveneDialog(facts, name, given) {
  const declared = facts.description.interventions[name];
  if (!declared) {
    say(`This experiment has no intervention ${name}.`, { refused: true });
    return;
  }
  const opened = dialog(spoken(name), ownForm(name, declared, facts, given, () => opened.close()));
}

function ownForm(name, declared, facts, given = {}, done = () => {}) {
  const fields = Object.fromEntries(declared.arguments.map((each) => [each.name, field(each, opening(each, given, facts))]));
  const form = sendingForm(fields, spoken(name), () => intervene(facts, name, values(fields)).then(done));
  const heading = make("h3", {}, spoken(name));
  form.prepend(heading, make("p", { class: "soft" }, declared.meaning));
  if (fields.place && facts.onPlace) facts.onPlace((place) => fields.place.set(place));
  return form;
}

function opening(declared, given, facts) {
  if (declared.name in given) return given[declared.name];
  if (declared.name === "place") return facts.place() ?? declared.default;
  return declared.default;
}

function settingsForm(facts) {
  const settings = facts.description.settings.filter(({ name }) => name !== "seed");
  const fields = {};
  const rows = settings.map((declared) => {
    fields[declared.name] = field(declared, facts.config[declared.name]);
    return withSlider(declared, fields[declared.name]);
  });
  const changed = (each) => each.touched();
  const send = () => {
    const wanted = values(fields, changed);
    if (!Object.keys(wanted).length) throw new Error("No setting was changed.");
    return intervene(facts, "set", { settings: wanted }).then(() => { for (const each of Object.values(fields)) each.settle(); });
  };
  const form = sendingForm({ rows }, "change settings", send, rows);
  const heading = make("h3", {}, "change settings");
  explain(heading, { title: "change settings", meaning: "From the next step on the run uses these values. What would change the shape of its state is refused." });
  form.prepend(heading);
  return form;
}

function sendingForm(fields, words, send, rows = Object.values(fields).map((each) => each.element)) {
  const refused = make("p", { class: "bad", role: "alert", hidden: true });
  const button = make("button", { class: "button main" }, words);
  const form = make("form", { class: "card" }, make("div", { class: "fields" }, rows), refused, make("div", { class: "row" }, button));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    refused.hidden = true;
    button.disabled = true;
    try {
      await send();
    } catch (error) {
      refused.textContent = error.message;
      refused.hidden = false;
    }
    button.disabled = false;
  });
  return form;
}

function withSlider(declared, made) {
  const { ge, le, type } = declared;
  const bounded = (type === "float" || type === "int") && Number.isFinite(ge) && Number.isFinite(le) && le - ge <= WIDE;
  if (!bounded) return made.element;
  const step = type === "int" ? Math.max(1, Math.round((le - ge) / SLIDER_STEPS)) : (le - ge) / SLIDER_STEPS;
  const slider = make("input", { type: "range", min: ge, max: le, step, "aria-label": spoken(declared.name) });
  const follow = () => { slider.value = made.text(); };
  slider.addEventListener("input", () => made.set(Number(Number(slider.value).toPrecision(6))));
  made.onChange(follow);
  follow();
  made.element.append(slider);
  return made.element;
}
