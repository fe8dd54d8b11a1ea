// Something that can be kept, and put into a run of its kind: its picture, and what can be done with it.

import { button, make } from "../parts/made.js";
import { spoken } from "../parts/numbers.js";
import { render as picture } from "./picture.js";

// A finding {intervention, arguments, picture}. What the page cannot do here, it does not offer.
export function render(finding, context) {
  const closed = context.link?.readOnly || context.link?.recorded;
  const freeze = button("freeze", () => context.onFreeze(finding), { title: `keep ${finding.title} in the freezer` });
  const words = `${spoken(finding.intervention)} in this run`;
  const put = button(words, () => context.onIntervene(finding.intervention, finding.arguments), { title: `${spoken(finding.intervention)} ${finding.title}; asks for the place` });
  return make("div", { class: "specimen" },
    finding.picture ? picture(finding.picture) : null,
    make("div", { class: "specimen-does" },
      make("dl", { class: "specimen-arguments" }, Object.entries(finding.arguments).flatMap(([name, value]) => [make("dt", {}, spoken(name)), make("dd", { class: "mono" }, String(value))])),
      make("div", { class: "row" }, !closed && context.onFreeze ? freeze : null, !closed && context.onIntervene ? put : null)));
}
