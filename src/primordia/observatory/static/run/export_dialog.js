// Taking a run away: which form, of what, from when to when; then how far it is, and the file.

import { control } from "../parts/controls.js";
import { exportForm } from "./export_form.js";
import { estimate, inBytes } from "./export_size.js";
import { make } from "../parts/made.js";
import { dialog } from "../parts/said.js";

// `facts` is {answer, view, step, frame}: what `Watch` said, and the view, step and picture that are shown.
export function open(link, facts) {
  return new ExportDialog(link, facts);
}

class ExportDialog {
  constructor(link, facts) {
    Object.assign(this, { link, facts, turn: 0 });
    this.form = exportForm(facts, () => this.changed());
    this.size = make("p", { class: "soft", "aria-live": "polite" });
    this.refused = make("p", { class: "bad", role: "alert", hidden: true });
    this.progress = make("progress", { max: 1, "aria-label": "made so far" });
    this.doing = make("span", { class: "soft", role: "status" });
    this.making = make("div", { class: "export-making", hidden: true }, this.progress, this.doing);
    this.made = make("div", { class: "export-made", role: "status", hidden: true });
    this.go = make("button", { class: "button main" }, "Export");
    this.element = make("form", { class: "stack export" }, this.form.element, this.size, this.refused, this.making, this.made,
      make("div", { class: "answers" }, control("Close", () => this.opened.close()), this.go));
    this.element.addEventListener("submit", (event) => { event.preventDefault(); this.export(); });
    this.opened = dialog("Export", this.element);
    this.offs = [link.on("Making", (message) => this.told(message))];
    this.opened.addEventListener("close", () => this.close());
    this.leave = () => this.opened.close();
    addEventListener("hashchange", this.leave);
    this.changed();
  }

  // Says what would come out, after a moment without further changes.
  changed() {
    clearTimeout(this.timer);
    this.made.hidden = true;
    this.refused.hidden = true;
    const mine = ++this.turn;
    this.timer = setTimeout(async () => {
      try {
        const sentence = await estimate(this.link, this.facts, this.form.request());
        if (mine === this.turn) this.size.textContent = sentence;
      } catch (error) {
        if (mine === this.turn) this.size.textContent = error.message;
      }
    }, 250);
  }

  async export() {
    this.refused.hidden = this.made.hidden = true;
    this.go.disabled = true;
    try {
      const request = this.form.request();
      const asked = this.link.ask("Export", { run: this.facts.answer.run, ...request });
      this.id = asked.id;
      this.making.hidden = false;
      this.progress.removeAttribute("value");
      this.doing.textContent = "beginning";
      this.done(request, await asked);
    } catch (error) {
      this.refused.textContent = error.message;
      this.refused.hidden = false;
    }
    this.making.hidden = true;
    this.go.disabled = false;
  }

  told({ id, share, what }) {
    if (id !== this.id) return;
    this.progress.value = share;
    this.doing.textContent = what;
  }

  done({ form }, { address, bytes }) {
    const ending = address.split(".").pop();
    const name = `${this.facts.answer.run}.${ending}`;
    const save = make("a", { class: "button main", href: address, download: name }, `Save ${ending.toUpperCase()}`);
    const other = form !== ending ? "ffmpeg is not installed beside the observatory, so this film is a GIF." : "";
    this.made.replaceChildren(save, make("span", { class: "soft" }, `${inBytes(bytes)}. ${other}`));
    this.made.hidden = false;
    save.focus();
  }

  close() {
    clearTimeout(this.timer);
    this.turn = -1;
    removeEventListener("hashchange", this.leave);
    for (const off of this.offs) off();
  }
}
