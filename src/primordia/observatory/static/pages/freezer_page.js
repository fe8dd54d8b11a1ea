// The freezer: specimens and whole states that somebody kept, and what can be done with each.

import { control } from "../parts/controls.js";
import { plantDialog } from "./planting.js";
import { make } from "../parts/made.js";
import { ago, grouped } from "../parts/numbers.js";
import { agreed, refusal, say } from "../parts/said.js";
import { topBar } from "../parts/top_bar.js";

const KINDS = { specimen: "specimen", state: "whole state", damaged: "damaged" };
const FEW = 6; // from so many items on one can search
const SHORT = 160;

export async function open(place, link) {
  document.title = "primordia: freezer";
  const page = new FreezerPage(place, link);
  page.show((await link.ask("Shelf")).items);
  return page;
}

class FreezerPage {
  constructor(place, link) {
    this.link = link;
    this.find = make("input", { type: "search", placeholder: "name, experiment, run", "aria-label": "Find in the freezer", class: "freezer-find" });
    this.find.addEventListener("input", () => this.choose());
    this.heading = make("div", { class: "row" }, make("h1", {}, "Freezer"), this.find);
    this.cards = make("div", { class: "freezer-cards" });
    this.none = make("section", { class: "panel none-yet", hidden: true }, make("h2", {}, "Nothing is kept yet"),
      make("p", { class: "soft" }, "Click a program in a picture, and freeze it; or keep the whole state of a run, with the snowflake below its picture. It gets a name, a picture and its origin here, and can be put into another run, or begin a new one."));
    this.root = make("div", { class: "page stack" }, this.heading, this.none, this.cards);
    place.append(topBar(link, null), this.root);
    this.off = link.on("back", () => this.again());
  }

  async again() {
    try {
      this.show((await this.link.ask("Shelf")).items);
    } catch (error) {
      refusal(error);
    }
  }

  show(items) {
    this.items = items.map((item) => ({ item, card: this.card(item) }));
    this.none.hidden = items.length > 0;
    this.find.hidden = items.length < FEW;
    this.cards.replaceChildren(...this.items.map(({ card }) => card));
    this.choose();
  }

  choose() {
    const words = this.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { item, card } of this.items) {
      const about = [item.name, item.note, item.kind, item.origin?.experiment, item.origin?.run].join(" ").toLowerCase();
      card.hidden = !words.every((word) => about.includes(word));
    }
  }

  card(item) {
    const picture = item.thumbnail ? make("img", { src: item.thumbnail, alt: "", class: "freezer-picture" }) : make("div", { class: "freezer-picture" });
    const title = make("div", { class: "freezer-title" }, make("h2", {}, item.name), make("span", { class: "chip" }, KINDS[item.kind]));
    const about = item.kind === "damaged" ? [make("p", { class: "bad" }, item.damage)] : [note(item), origin(item), contents(item)];
    return make("article", { class: "card freezer-item", "aria-label": item.name },
      make("div", { class: "freezer-top" }, picture, make("div", { class: "freezer-about" }, title, about)), this.deeds(item));
  }

  deeds(item) {
    if (this.link.readOnly) return null;
    const plant = item.kind === "specimen" && control("Put into a run…", () => plantDialog(this.link, item), { kind: "main" });
    const begin = item.kind === "state" && control("Begin a new run", (event) => this.begin(item, event.currentTarget), { kind: "main" });
    const discard = control("Discard", () => this.discard(item), { kind: "quiet danger" });
    for (const button of [plant, begin, discard]) if (button) button.setAttribute("aria-label", `${button.textContent}: ${item.name}`);
    return make("div", { class: "row freezer-deeds" }, plant, begin, make("span", { class: "grow" }), discard);
  }

  async begin(item, button) {
    button.disabled = true;
    try {
      const { run } = await this.link.ask("Thaw", { item: item.item, run: "", arguments: {} });
      location.hash = `#/run/${run}`;
    } catch (error) {
      refusal(error);
      button.disabled = false;
    }
  }

  async discard(item) {
    if (!(await agreed("Discard?", `${item.name} is thrown away for good; runs that it was put into keep it.`, "Discard"))) return;
    try {
      this.show((await this.link.ask("Discard", { item: item.item })).items);
      say(`${item.name} was thrown away.`);
    } catch (error) {
      refusal(error);
    }
  }

  close() {
    this.off();
    this.root.remove();
  }
}

function note(item) {
  return item.note ? make("p", {}, item.note) : null;
}

function origin({ origin: from, kept }) {
  const there = make("a", { href: `#/run/${from.run}/${from.step}` }, `step ${grouped(from.step)}`);
  return make("p", { class: "soft" }, `${from.experiment}, seed ${from.seed}, `, there, ` of ${from.run}`, make("br"), `kept ${ago(kept)}`);
}

// What a specimen is made of, as far as a glance goes.
function contents(item) {
  if (item.kind !== "specimen") return null;
  const told = Object.entries(item.arguments).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`).join("\n");
  return make("code", { class: "freezer-contents", title: told.length > SHORT ? told : null }, told.length > SHORT ? `${told.slice(0, SHORT)}…` : told);
}
