// The registers after a step; those that the step changed stand out.

import { make } from "../parts/made.js";

export function registerTable({ registers, opening }) {
  const values = registers.map(() => make("dd", { class: "mono" }));
  const pairs = registers.map((name, at) => make("div", {}, make("dt", {}, name), values[at]));
  return {
    element: make("dl", { class: "execution-registers", "aria-label": "registers" }, pairs),
    show(moment) {
      registers.forEach((_, at) => {
        values[at].textContent = String(moment.registers[at] ?? opening[at]);
        pairs[at].classList.toggle("changed", moment.number > 0 && moment.registers[at] !== moment.before[at]);
      });
    },
  };
}
