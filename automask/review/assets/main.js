// Puts the page together.

import * as api from "./api.js";
import { fillHelp, keymap, listen } from "./keys.js";
import { Pointer } from "./pointer.js";
import { Review } from "./review.js";
import { Screen } from "./screen.js";
import { Sheet } from "./sheet.js";
import { View } from "./view.js";

const byId = (id) => document.getElementById(id);

async function start() {
  const session = await api.session();
  const canvas = byId("canvas");
  const view = new View(canvas);
  const screen = new Screen(session);
  const review = new Review(session, view, screen);
  const sheet = new Sheet(review);
  new Pointer(canvas, view, review);
  const open = { sheet: () => sheet.open(), help: () => byId("help").showModal() };
  const keys = keymap(review, view, open);
  fillHelp(byId("help-body"), keys);
  listen(review, keys);
  connect(review, view, open);
  window.automask = { review, view }; // for tests and the curious
  await first(review, session, open);
}

function connect(review, view, open) {
  const steps = {
    previous: () => review.previous(),
    next: () => review.next(),
    undo: () => review.step("undo"),
    redo: () => review.step("redo"),
    fit: () => view.fit(),
    proposals: () => review.showProposals(),
    machine: () => review.machine(),
    clear: () => review.clear(),
  };
  const clicks = (attribute, action) => {
    for (const button of document.querySelectorAll(`[data-${attribute}]`)) {
      button.addEventListener("click", () => action(button.dataset[attribute]));
    }
  };
  const withWork = (action) => (what) => review.work && action(what);
  clicks("do", (what) => (review.work || what === "next" || what === "previous") && steps[what]());
  clicks("tool", (tool) => review.setTool(tool));
  clicks("edit", withWork((tool) => review.edit(tool)));
  clicks("verdict", (verdict) => review.decide(verdict));
  byId("open-sheet").addEventListener("click", open.sheet);
  byId("open-help").addEventListener("click", open.help);
  byId("radius").addEventListener("input", (event) => review.setRadius(Number(event.target.value)));
  byId("smoothing").addEventListener("input", (event) => (review.smoothing = Number(event.target.value)));
  byId("hover").addEventListener("change", (event) => (review.hovers = event.target.checked));
  byId("opacity").addEventListener("input", (event) => {
    view.opacity = Number(event.target.value) / 100;
    view.draw();
  });
  byId("preview").addEventListener("change", withWork((event) => review.showPreview(event.target.value)));
  const reviewer = byId("reviewer");
  reviewer.value = review.reviewer;
  reviewer.addEventListener("change", () => {
    review.reviewer = reviewer.value.trim() || review.session.reviewer;
    localStorage.setItem("reviewer", review.reviewer);
  });
  addEventListener("pagehide", () => review.id && api.release(review.id, review.client));
}

// Where the reader was before a reload, or what is to be looked at first.
async function first(review, session, open) {
  review.setTool("point");
  const asked = /^#([0-9a-f]{16})$/.exec(location.hash)?.[1];
  const id = asked ?? (await api.next(null, review.client));
  if (id) await review.open(id);
  else review.screen.finished(await api.progress());
  if (session.queue === "all" && !asked) open.sheet();
}

start().catch((error) => {
  byId("banner").textContent = error.message;
  byId("banner").hidden = false;
});
