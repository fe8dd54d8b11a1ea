// The first page: the runs and sweeps there are, and everything that can be started.

import { make } from "../parts/made.js";
import { runsTable } from "./runs_table.js";
import { refusal } from "../parts/said.js";
import { starting } from "./starting.js";
import { sweepsTable } from "./sweeps_table.js";
import { topBar } from "../parts/top_bar.js";

const SOON = 3000, LATER = 15000; // milliseconds until the runs are asked for again, while one runs and while none does

export async function open(place, link) {
  const known = await link.ask("Catalogue");
  document.title = "primordia";
  const start = starting(link, known.experiments);
  const table = runsTable(link, () => start.element.scrollIntoView());
  const sweeps = sweepsTable();
  const none = make("section", { class: "panel none-yet" });
  const page = make("div", { class: "page stack" }, none, table.element, sweeps.element, start.element);
  place.append(topBar(link, make("h1", { class: "visually-hidden" }, "Runs")), page);
  none.append(...welcome(link, start.firstRuns()));

  let timer = 0, closed = false;
  const show = ({ runs, sweeps: swept }) => {
    none.hidden = runs.length + swept.length > 0;
    table.element.hidden = runs.length === 0;
    table.show(runs);
    sweeps.show(swept);
    start.count(runs);
    clearTimeout(timer);
    if (!closed) timer = setTimeout(again, runs.some((run) => run.status === "running") || swept.some((sweep) => sweep.running > 0) ? SOON : LATER);
  };
  const again = async () => {
    if (document.hidden) { timer = setTimeout(again, SOON); return; }
    try {
      show(await link.ask("Catalogue"));
    } catch {
      if (!closed) timer = setTimeout(again, LATER); // the banner says that the observatory cannot be reached
    }
  };
  const off = link.on("back", () => again().catch(refusal));
  show(known);
  return { close() { closed = true; clearTimeout(timer); off(); } };
}

function welcome(link, cards) {
  const invitation = link.readOnly
    ? "This page may look and change nothing; runs appear here as soon as somebody starts one."
    : "A run is one system from its first step to its last, kept in a folder: what it measured, how it looked, and everything needed to repeat it bit for bit. Three good first ones:";
  return [
    make("h2", {}, "No runs yet"),
    make("p", { class: "soft" }, invitation),
    link.readOnly ? "" : make("div", { class: "first-runs" }, cards),
  ].filter(Boolean);
}
