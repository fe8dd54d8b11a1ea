// Begins the page: theme, connection, and which page the address asks for after its "#".

import { control } from "./parts/controls.js";
import { connect } from "./link/link.js";
import { make } from "./parts/made.js";
import { applyTheme } from "./parts/theme.js";
import * as runPage from "./pages/run_page.js";
import { topBar } from "./parts/top_bar.js";

// A page's words: the runs of a comparison, a run and a step of it, the experiment or the name of a sweep.
const PAGES = [
  [/^\/run\/([^/]+)\/?(\d*)$/, async () => runPage],
  [/^\/compare\/(.+)$/, () => import("./pages/compare_page.js"), (text) => text.split("/")],
  [/^\/sweep\/(.+)$/, () => import("./pages/sweep_page.js")],
  [/^\/freezer$/, () => import("./pages/freezer_page.js")],
  [/^.*$/, () => import("./pages/runs_page.js")],
];
const TROUBLE = {
  lost: "The observatory cannot be reached. Trying again until it is back…",
  shut: "This address is no longer good. Open the one that the terminal shows.",
};

const banner = make("div", { class: "banner", role: "status", hidden: true });
const place = make("main", { id: "place" });
let open = null;
let turn = 0;

function trouble(kind) {
  banner.hidden = kind === "back";
  banner.textContent = TROUBLE[kind] ?? "";
}

async function visit(link) {
  const mine = ++turn;
  const address = link.recorded ? `/run/${link.run}` : spelled(location.hash.slice(1));
  const [pattern, load, split = (...words) => words] = PAGES.find(([shape]) => shape.test(address));
  const words = split(...pattern.exec(address).slice(1).filter((word) => word));
  const room = make("div"); // of its own, so that a page that comes too late writes where nobody looks
  for (const each of document.querySelectorAll("dialog[open]")) each.close();
  open?.close();
  open = null;
  place.replaceChildren(room);
  scrollTo(0, 0);
  try {
    const opened = await (await load()).open(room, link, words);
    if (mine === turn) open = opened;
    else opened.close();
  } catch (error) {
    if (mine === turn) room.replaceChildren(notFound(link, error.message));
  }
}

function spelled(hash) {
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash; // which names nothing, and is told so
  }
}

function notFound(link, sentence) {
  const back = control("All runs", () => { location.hash = "#/"; }, { kind: "main" });
  return make("div", {}, topBar(link, ""),
    make("div", { class: "page stack" }, make("p", { role: "alert" }, sentence), make("p", {}, back)));
}

// The token was good once; it need not stand in the address any longer.
function forgetToken() {
  const address = new URL(location.href);
  if (!address.searchParams.has("token")) return;
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

async function begin() {
  applyTheme();
  forgetToken();
  document.body.append(banner, place);
  const late = setTimeout(() => { if (banner.hidden) trouble("lost"); }, 1500);
  const link = await connect(trouble);
  clearTimeout(late);
  banner.hidden = true;
  addEventListener("hashchange", () => visit(link));
  await visit(link);
}

begin();
