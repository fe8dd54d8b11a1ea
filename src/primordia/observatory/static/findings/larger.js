// A finding shown larger for a while: it moves into a dialog, and back to its place when that closes.

import { control } from "../parts/controls.js";
import { make } from "../parts/made.js";
import { dialog } from "../parts/said.js";

// The heading of a finding, with the button that does it. `section()` is the finding's element.
export function heading(title, section) {
  const larger = control("Larger", () => enlarge(title, section()), { icon: "fit", kind: "quiet" });
  return make("div", { class: "finding-head" }, make("h3", {}, title), larger);
}

function enlarge(title, section) {
  const place = document.createComment("");
  section.replaceWith(place);
  const opened = dialog(title, section);
  opened.classList.add("larger");
  opened.addEventListener("close", () => place.replaceWith(section));
}
