// The sweeps there are: how far each is, and the way to its runs.

import { make } from "../parts/made.js";
import { grouped } from "../parts/numbers.js";

const HEADS = ["sweep", "experiment", "cells", "finished", "failed", "left"];

// {element, show(sweeps)}
export function sweepsTable() {
  const body = make("tbody", {});
  const table = make("table", { class: "table sweeps" }, make("thead", {}, make("tr", {}, HEADS.map((name) => make("th", { scope: "col" }, name)))), body);
  const element = make("section", { class: "stack", "aria-label": "Sweeps" }, make("h2", {}, "Sweeps"), make("div", { class: "wide" }, table));
  let said = "";
  return {
    element,
    show(sweeps) {
      element.hidden = sweeps.length === 0;
      const now = JSON.stringify(sweeps);
      if (now === said) return; // so that a focused link keeps its focus
      said = now;
      body.replaceChildren(...sweeps.map(row));
    },
  };
}

function row(sweep) {
  const counts = sweep.damage ? [make("td", { colspan: 4 }, sweep.damage)] : ["cells", "finished", "failed", "left"].map((name) => make("td", { class: "mono" }, grouped(sweep[name])));
  const name = sweep.damage ? sweep.sweep : make("a", { href: `#/sweep/${sweep.sweep}` }, sweep.sweep);
  return make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, sweep.experiment), counts);
}
