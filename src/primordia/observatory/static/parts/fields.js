// One labelled input for a setting or an argument, from its declaration
// {name, type, optional, default, meaning, unit, allowed, choices, source, ge, le}.

import { explain, settingFacts } from "./explain.js";
import { make } from "./made.js";
import { hasUnit, spoken } from "./numbers.js";

let count = 0;

// Returns {element, text(), value(), touched(), settle(), set(value), refuse(sentence), onChange(fn)}. `value()` is null
// for an empty field that may be empty, and throws a sentence for what cannot be read; `touched()` asks whether it
// differs from the beginning or the last `settle()`.
export function field(declared, value = declared.default) {
  const id = `field-${++count}`;
  const input = inputFor(declared, id);
  const refused = make("span", { class: "refused", role: "alert", hidden: true });
  const label = make("label", { for: id }, named(declared));
  explain(label, settingFacts(declared));
  const made = { element: make("div", { class: "field" }, label, input, refused) };
  write(input, declared, value);
  let opening = read(input);
  made.value = () => parsed(declared, read(input));
  made.text = () => read(input);
  made.touched = () => read(input) !== opening;
  made.settle = () => { opening = read(input); };
  made.set = (given) => write(input, declared, given);
  made.onChange = (listener) => input.addEventListener("input", listener);
  made.refuse = (sentence) => {
    refused.hidden = !sentence;
    refused.textContent = sentence ?? "";
    input.setAttribute("aria-invalid", String(Boolean(sentence)));
  };
  made.onChange(() => made.refuse(null));
  return made;
}

function named(declared) {
  return hasUnit(declared.unit) && declared.unit !== declared.name ? `${spoken(declared.name)} (${declared.unit})` : spoken(declared.name);
}

function inputFor(declared, id) {
  const choices = declared.choices?.length ? declared.choices : declared.type === "bool" ? ["true", "false"] : null;
  if (choices) {
    const listed = declared.optional ? ["", ...choices] : choices;
    return make("select", { id }, listed.map((choice) => make("option", { value: choice }, choice === "" ? "none" : String(choice))));
  }
  const number = declared.type === "int" || declared.type === "float";
  const facts = { id, type: "text", autocomplete: "off", spellcheck: "false" };
  return make("input", { ...facts, inputmode: number ? "decimal" : null, placeholder: hint(declared) });
}

// Said in the empty field; a text of any kind needs no hint.
function hint({ allowed, type }) {
  return allowed && (type !== "str" || !allowed.startsWith("anything")) ? allowed : null;
}

function write(input, declared, value) {
  input.value = value === null || value === undefined ? "" : String(value);
}

function read(input) {
  return input.value.trim();
}

function parsed(declared, text) {
  if (text === "" && declared.optional) return null;
  if (declared.type === "bool") return text === "true";
  if (declared.type !== "int" && declared.type !== "float") return text;
  const number = text === "" ? NaN : Number(text);
  if (!Number.isFinite(number) || (declared.type === "int" && !Number.isInteger(number))) {
    const kind = declared.type === "int" ? "a whole number" : "a number";
    throw new Error(`${spoken(declared.name)} is "${text}"; it must be ${kind}${declared.allowed ? `, ${declared.allowed}` : ""}.`);
  }
  // Whole numbers beyond 2^53 go as text: the server reads text as the field's type, and no digit is lost.
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? text : number;
}

// The values of fields by name; a field that cannot be read is refused and the sentence thrown.
export function values(fields, wanted = () => true) {
  const found = {};
  for (const [name, each] of Object.entries(fields)) {
    if (!wanted(each)) continue;
    try {
      found[name] = each.value();
    } catch (error) {
      each.refuse(error.message);
      throw error;
    }
  }
  return found;
}
