// What a run is made of: its settings beside the defaults, its schedule, where it comes from, and the source's claims.

import { explain, settingFacts } from "../parts/explain.js";
import { make } from "../parts/made.js";
import { hasUnit, spoken, written } from "../parts/numbers.js";

export function settingsPanel(place, link, answer) {
  const { experiment: description, config, schedule } = answer;
  place.append(
    make("p", {}, description.summary),
    answer.preset ? make("p", { class: "soft" }, `${answer.preset}: ${description.presets[answer.preset]?.text ?? ""}`) : null,
    facts(link, answer),
    section("Settings", table(description.settings, config)),
    section("Schedule", table(description.schedule, schedule)),
    source(description),
    claims(description),
  );
}

function facts(link, answer) {
  const { experiment: description, parent } = answer;
  const rows = [
    ["run", make("span", { class: "mono" }, answer.run)],
    ["experiment", `${description.name}, version ${description.version}`],
    ["seed", String(answer.seed)],
    ["same bits", description.determinism],
    ["begun", answer.created],
    ["folder", make("span", { class: "mono" }, answer.folder ?? "")],
  ];
  if (parent) rows.push(["branched from", parentLink(link, parent)]);
  if (answer.report && !link.recorded) rows.push(["report", make("a", { href: `/runs/${answer.run}/report.html`, target: "_blank", rel: "noopener" }, "report.html")]);
  return make("dl", { class: "facts" }, rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

function parentLink(link, { id, step }) {
  const words = `${id}, step ${step}`;
  return link.recorded ? words : make("a", { class: "mono", href: `#/run/${id}/${step}` }, words);
}

function table(declared, given) {
  return make("table", { class: "table" }, make("tbody", {}, declared.map((field) => {
    const name = make("th", { scope: "row" }, spoken(field.name));
    explain(name, settingFacts(field));
    const changed = JSON.stringify(given[field.name]) !== JSON.stringify(field.default);
    const unit = hasUnit(field.unit) ? make("span", { class: "soft" }, ` ${field.unit}`) : null;
    return make("tr", { class: changed ? "changed" : "" }, name, make("td", { class: "number" }, written(given[field.name]), unit));
  })));
}

function source({ source: paper }) {
  if (!paper) return "";
  const address = paper.arxiv ? ` arXiv ${paper.arxiv}.` : "";
  return section("Source", make("p", {}, `${paper.title}. ${paper.authors}, ${paper.year}.${address}`), make("p", { class: "soft" }, paper.how_we_differ));
}

function claims({ claims: listed }) {
  if (!listed?.length) return "";
  return section("Claims", make("ul", {}, listed.map(({ id, statement, source: where }) => make("li", {}, make("b", {}, `${id}: `), statement, make("span", { class: "soft" }, ` ${where}`)))));
}

function section(title, ...children) {
  return make("section", { class: "about" }, make("h3", {}, title), children);
}
