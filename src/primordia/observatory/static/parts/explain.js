// Every number explains itself: a card beside what is pointed at, focused or tapped. Escape closes it.

import { make } from "./made.js";
import { spoken } from "./numbers.js";

const DELAY = 220; // milliseconds: long enough that a pointer passing over opens nothing
const DIRECTIONS = { up: "more is better", down: "less is better" };
const card = make("div", { class: "explanation", role: "tooltip", id: "explanation", hidden: true });
let owner = null;
let timer = 0;

// Explains `element`: {title, meaning, unit, direction, allowed, formula, source}, all texts, each optional; or a
// function that returns them when they are needed. Returns how to stop.
export function explain(element, facts) {
  const reachable = element.matches("a, button, input, select, textarea, summary, [tabindex]");
  if (!reachable) element.tabIndex = 0;
  element.classList.add("explained");
  const told = () => (typeof facts === "function" ? facts() : facts);
  const listeners = {
    pointerenter: (event) => event.pointerType === "mouse" && soon(element, told),
    pointerleave: (event) => event.pointerType === "mouse" && hide(element),
    pointerup: (event) => event.pointerType !== "mouse" && toggle(element, told),
    focus: () => element.matches(":focus-visible") && show(element, told()),
    blur: () => hide(element),
  };
  for (const [kind, listener] of Object.entries(listeners)) element.addEventListener(kind, listener);
  return () => {
    hide(element);
    for (const [kind, listener] of Object.entries(listeners)) element.removeEventListener(kind, listener);
  };
}

// What to explain of a metric of a description.
export function metricFacts(name, description) {
  const metric = description.metrics[name] ?? {};
  const watched = Object.entries(description.transitions ?? {}).filter(([, each]) => each.metric === name);
  const lines = watched.map(([title, each]) => `${title}: ${each.rising ? "≥" : "≤"} ${each.threshold}. ${each.meaning}`);
  return { title: spoken(name), ...metric, more: lines };
}

// What to explain of a transition.
export function transitionFacts(name, { metric, rising, threshold, before, after, meaning }) {
  const when = `${spoken(metric)} ${rising ? "≥" : "≤"} ${threshold}`;
  return { title: name, meaning, when, more: before && after && before !== "before" ? [`${before} → ${after}`] : [] };
}

// What to explain of a setting.
export function settingFacts(field) {
  const { name, meaning, unit, allowed, source } = field;
  const plain = field.default === "" ? "empty" : String(field.default ?? "none");
  return { title: name, meaning, unit, allowed, standard: plain, source };
}

function soon(element, told) {
  clearTimeout(timer);
  timer = setTimeout(() => show(element, told()), DELAY);
}

function toggle(element, told) {
  if (owner === element) hide(element);
  else show(element, told());
}

function show(element, facts) {
  clearTimeout(timer);
  if (!element.isConnected) return;
  owner?.removeAttribute("aria-describedby");
  owner = element;
  card.replaceChildren(...contents(facts));
  (element.closest("dialog[open]") ?? document.body).append(card); // a dialog lies above everything else on the page
  card.hidden = false;
  element.setAttribute("aria-describedby", card.id);
  settle(element);
}

function hide(element) {
  clearTimeout(timer);
  if (owner !== element) return;
  element.removeAttribute("aria-describedby");
  card.hidden = true;
  owner = null;
}

function contents(facts) {
  const rows = [
    ["unit", facts.unit === "dimensionless" ? "none" : facts.unit],
    ["which way", DIRECTIONS[facts.direction]],
    ["when", facts.when],
    ["allowed", facts.allowed],
    ["if nothing is said", facts.standard],
    ["formula", facts.formula],
    ["needs", facts.needs],
    ["source", facts.source],
  ].filter(([, text]) => text);
  return [
    facts.title ? make("strong", {}, facts.title) : "",
    facts.meaning ? make("p", {}, facts.meaning) : "",
    rows.length ? make("dl", {}, rows.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)])) : "",
    ...(facts.more ?? []).map((text) => make("p", { class: "soft" }, text)),
  ].filter(Boolean);
}

// Below what it explains, or above where there is more room; never over it, never outside the window.
function settle(element) {
  const place = element.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const below = innerHeight - place.bottom, gap = 6;
  const top = below >= height + gap || below >= place.top ? place.bottom + gap : place.top - gap - height;
  const left = Math.max(8, Math.min(place.left, innerWidth - width - 8));
  card.style.top = `${top}px`;
  card.style.left = `${left}px`;
}

addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !owner) return;
  hide(owner);
  event.stopPropagation();
}, true);
addEventListener("scroll", () => owner && hide(owner), { capture: true, passive: true });
