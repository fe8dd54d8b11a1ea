// The picture of a run: a tab for each view, the view itself, its legend, and buttons to move about.

import { control } from "../parts/controls.js";
import { explain } from "../parts/explain.js";
import { imageView } from "../picture/image_view.js";
import { legend } from "../picture/legend.js";
import { make } from "../parts/made.js";
import { recall, keep } from "../parts/remember.js";

// `tell` is {frame(frame), pick(view, row, column), refused(sentence)}. Returns {view(), name(), choose(name), next(),
// show(step), colourByChange(), inspect(), close()}; `view()` is the image view, or null where there are no views.
export function picturePanel(place, link, run, description, tell) {
  const names = Object.keys(description.views).filter((name) => !link.recorded || !link.views || link.views.includes(name));
  const tabs = make("div", { class: "tabs", role: "tablist", "aria-label": "Views" });
  const stage = make("div", { class: "picture-stage" });
  const tools = make("div", { class: "picture-tools" });
  const below = make("div", { class: "picture-below" });
  const sole = make("p", { class: "sole soft", role: "status", hidden: true });
  place.append(make("div", { class: "picture-top" }, tabs, tools), make("div", { class: "picture-frame" }, stage, sole), below);
  const state = { view: null, legend: null, name: null, step: null, byChange: false, pointing: false };
  const remembered = `view.${description.name}`;

  const buttons = names.map((name) => {
    const tab = make("button", { type: "button", role: "tab", id: `view-${name}`, "aria-selected": "false", on: { click: () => choose(name) } }, name.replaceAll("_", " "));
    const { meaning, needs } = description.views[name];
    explain(tab, { title: name.replaceAll("_", " "), meaning, allowed: needs ? `needs ${needs}` : "" });
    return tab;
  });
  tabs.append(...buttons);
  const change = control("Colour by change", () => colourByChange(), { icon: "change", key: "c", kind: "quiet" });
  const point = control("Inspect a cell", () => inspect(), { icon: "inspect", key: "i", kind: "quiet" });
  tools.append(change, point,
    control("Closer", () => state.view?.zoomBy(1.5), { icon: "closer", key: "+", kind: "quiet" }),
    control("Farther", () => state.view?.zoomBy(1 / 1.5), { icon: "farther", key: "-", kind: "quiet" }),
    control("Fit everything", () => state.view?.fit(), { icon: "fit", key: "f", kind: "quiet" }));

  function choose(name) {
    if (name === state.name) return;
    shut();
    state.name = name;
    keep(remembered, name);
    const declaration = description.views[name];
    state.view = imageView(stage, link, { run, view: name, declaration, step: state.step });
    state.legend = legend(below, state.view, declaration.palette, (meaning) => { sole.hidden = !meaning; sole.textContent = meaning; });
    state.view.colourByChange(state.byChange);
    state.view.onFrame((frame) => {
      stage.style.setProperty("--shape", frame.view_rows / frame.view_columns);
      tell.frame(frame);
    });
    state.view.onRefused((sentence) => tell.refused(sentence));
    state.view.onPick((row, column) => tell.pick(name, row, column));
    buttons.forEach((tab, at) => tab.setAttribute("aria-selected", String(names[at] === name)));
  }

  function shut() {
    state.legend?.close();
    state.view?.close();
    state.view = null;
  }

  function colourByChange() {
    state.byChange = !state.byChange;
    change.setAttribute("aria-pressed", String(state.byChange));
    state.view?.colourByChange(state.byChange);
  }

  function inspect(on = !state.pointing) {
    state.pointing = on;
    point.setAttribute("aria-pressed", String(on));
    state.view?.crosshair(on);
  }

  if (names.length) choose(names.includes(recall(remembered, "")) ? recall(remembered, "") : names[0]);
  else stage.append(make("p", { class: "soft nothing" }, "This experiment declares no pictures; its measures and findings tell what happens."));
  tools.hidden = names.length === 0;
  return {
    choose, colourByChange, inspect,
    view: () => state.view,
    name: () => state.name,
    pointing: () => state.pointing,
    next: () => choose(names[(names.indexOf(state.name) + 1) % names.length]),
    show(step) { state.step = step; state.view?.show(step); },
    close: shut,
  };
}
