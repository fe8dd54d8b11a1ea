// What the experiment says: findings about a whole state, and what stands at a place that somebody points at.

import { control } from "../parts/controls.js";
import { render } from "../findings/findings.js";
import { make } from "../parts/made.js";
import { grouped } from "../parts/numbers.js";

// Findings of the step shown; asked for when the panel is open, and again by its button.
export function findingsPanel(place, { link, run, description, step, context }) {
  const said = make("p", { class: "soft", role: "status" });
  const found = make("div", { class: "stack" });
  const again = control("Look again", () => ask(), { shown: true });
  place.append(make("div", { class: "row" }, again, said), found);
  let asked = null;
  let turn = 0;

  async function ask() {
    const at = step();
    const mine = ++turn;
    asked = at;
    said.textContent = `Looking at ${description.step_word} ${at === null ? "…" : grouped(at)}`;
    try {
      const answer = await link.ask("Findings", { run, step: at });
      if (mine !== turn) return;
      said.textContent = `${description.step_word} ${grouped(answer.step)}`;
      show(found, answer, context, "There is nothing to say about this state.");
    } catch (error) {
      if (mine === turn) said.textContent = error.message;
    }
  }
  return { open: () => { if (asked !== step() || asked === null) ask(); } };
}

// What stands at one cell of a view. `answered` is told the answer, which may name a place.
export function placePanel(place, { link, run, description, context, answered }) {
  const said = make("p", { class: "soft", role: "status" }, "Click a cell of the picture, or press i, point with the arrows and press Enter.");
  const found = make("div", { class: "stack" });
  place.append(said, found);
  let turn = 0;
  return {
    async ask(view, row, column, step) {
      const mine = ++turn;
      const where = `row ${grouped(row)}, column ${grouped(column)} of ${view.replaceAll("_", " ")}`;
      said.textContent = `Looking at ${where}…`;
      try {
        const answer = await link.ask("Inspect", { run, step, view, row, column });
        if (mine !== turn) return;
        said.textContent = `${where}, ${description.step_word} ${grouped(answer.step)}`;
        show(found, answer, context, "Nothing is known about this place.");
        answered(answer);
      } catch (error) {
        if (mine === turn) said.textContent = error.message;
      }
    },
  };
}

function show(box, answer, context, nothing) {
  const shown = answer.found.map((finding) => render(finding, { ...context, step: answer.step }));
  box.replaceChildren(...(shown.length ? shown : [make("p", { class: "soft" }, nothing)]));
}
