// When to pause: at a step, when a metric crosses a line, at a transition, on extinction. Each rule fires once.

import { control } from "../parts/controls.js";
import { make } from "../parts/made.js";
import { grouped, spoken, withUnit } from "../parts/numbers.js";
import { refusal } from "../parts/said.js";

const KINDS = { step: "a step is reached", metric: "a metric crosses a line", transition: "a transition happens", extinction: "all have died out" };

export function rulesPanel(place, { link, run, description }) {
  let rules = [];
  const kinds = Object.keys(KINDS).filter((kind) => kind !== "transition" || Object.keys(description.transitions).length);
  const when = make("select", { id: "rule-when", on: { change: () => ask() } }, kinds.map((kind) => make("option", { value: kind }, KINDS[kind])));
  const details = make("div", { class: "row" });
  const list = make("ul", { class: "rules" });
  const fired = make("p", { class: "soft", role: "status" });
  const form = make("form", { class: "stack" },
    make("div", { class: "field" }, make("label", { for: "rule-when" }, "Pause when"), when), details,
    make("div", { class: "row" }, make("button", { class: "button main" }, "Add this rule")));
  form.addEventListener("submit", (event) => { event.preventDefault(); add(); });
  place.append(form, list, fired);

  const input = (name, label, facts) => make("div", { class: "field" }, make("label", { for: `rule-${name}` }, label), make("input", { id: `rule-${name}`, name, required: true, ...facts }));
  const select = (name, label, options) => make("div", { class: "field" }, make("label", { for: `rule-${name}` }, label),
    make("select", { id: `rule-${name}`, name }, options.map(([value, words]) => make("option", { value }, words))));

  const ASKED = {
    step: () => [input("step", description.step_word, { type: "number", min: 0, step: 1 })],
    metric: () => [
      select("metric", "metric", Object.keys(description.metrics).map((name) => [name, spoken(name)])),
      select("side", "reaches", [["above", "this or more"], ["below", "this or less"]]),
      input("line", "line", { type: "number", step: "any" }),
    ],
    transition: () => [select("transition", "transition", Object.keys(description.transitions).map((name) => [name, spoken(name)]))],
    extinction: () => [],
  };

  function ask() {
    details.replaceChildren(...ASKED[when.value]());
  }

  function read() {
    const value = (name) => form.elements[name].value;
    const kind = when.value;
    if (kind === "step") return { when: kind, step: Number(value("step")) };
    if (kind === "metric") return { when: kind, metric: value("metric"), [value("side")]: Number(value("line")) };
    return kind === "transition" ? { when: kind, transition: value("transition") } : { when: kind };
  }

  async function send(changed) {
    try {
      await link.ask("Rules", { run, rules: changed });
      rules = changed;
      draw();
    } catch (error) {
      refusal(error);
    }
  }

  const add = () => send([...rules, read()]);

  function draw() {
    list.replaceChildren(...rules.map((rule, at) => make("li", { class: "row" },
      make("span", {}, `pause ${said(rule, description)}`),
      control("Remove this rule", () => send(rules.filter((_, other) => other !== at)), { icon: "close", kind: "quiet" }))));
  }

  ask();
  return {
    // What a run says of why it paused; the rule that fired is used up.
    paused(why) {
      if (!why) return;
      fired.textContent = `Paused: ${why}.`;
      rules = rules.filter((rule) => !answers(rule, why));
      draw();
    },
  };
}

function said(rule, description) {
  if (rule.when === "step") return `at ${description.step_word} ${grouped(rule.step)}`;
  if (rule.when === "transition") return `at the transition ${spoken(rule.transition)}`;
  if (rule.when === "extinction") return "when all have died out";
  const side = "above" in rule ? "above" : "below";
  return `when ${spoken(rule.metric)} is ${side === "above" ? "at least" : "at most"} ${withUnit(rule[side], description.metrics[rule.metric].unit)}`;
}

// Whether the reason of a pause names what a rule waited for.
function answers(rule, why) {
  const named = { step: String(rule.step), metric: rule.metric, transition: rule.transition, extinction: "extinct" };
  return why.includes(named[rule.when]);
}
