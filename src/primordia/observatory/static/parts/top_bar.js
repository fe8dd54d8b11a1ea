// The bar on top of every page: where one is, where one can go, palette and theme.

import { control, drawing } from "./controls.js";
import { make } from "./made.js";
import { choose, current, onChange, schemeNames, schemes, shortNames } from "../picture/palettes.js";
import { say } from "./said.js";
import { toggleTheme } from "./theme.js";

// `words` stand beside the house's name; `extras` before palette and theme. Returns the header.
export function topBar(link, words, ...extras) {
  const brand = make("a", { class: "brand", href: "#/", title: "All runs" }, drawing("brand"), make("span", { class: "house" }, "primordia"));
  const pages = link.recorded ? null : make("nav", { class: "row pages", "aria-label": "Pages" },
    make("a", { href: "#/" }, "Runs"), make("a", { href: "#/freezer" }, "Freezer"));
  return make("header", { class: "bar" }, brand, words, make("span", { class: "grow" }), pages, ...extras, appearance());
}

export function nextScheme() {
  const name = schemes[(schemes.indexOf(current()) + 1) % schemes.length];
  choose(name);
  say(`Colours: ${schemeNames[name]}.`);
}

function appearance() {
  const palette = make("select", { class: "schemes", title: "Colours of pictures (p)", "aria-label": "Colours of pictures", "aria-keyshortcuts": "p" },
    schemes.map((name) => make("option", { value: name, title: schemeNames[name] }, shortNames[name])));
  palette.value = current();
  palette.addEventListener("change", () => choose(palette.value));
  const off = onChange((name) => { if (palette.isConnected) palette.value = name; else off(); });
  const theme = control("Dark or light", toggleTheme, { icon: "theme", key: "t", kind: "quiet" });
  return make("div", { class: "row appearance" }, make("span", { class: "soft", title: "Colours of pictures (p)" }, drawing("palette")), palette, theme);
}
