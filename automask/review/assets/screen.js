// Everything on the page beside the canvas. Names and messages become text, never markup.

const byId = (id) => document.getElementById(id);
const TOAST_MS = 1800;

export class Screen {
  constructor(session) {
    byId("output").textContent = session.output;
    byId("queue").textContent = `queue ${session.queue}`;
    document.title = `${session.output}: automask review`;
    this.session = session;
    this.brokenId = null;
    if (!session.has_model) {
      byId("hover").closest("label").hidden = true;
      document.querySelector("[data-do=proposals]").hidden = true;
    }
  }

  opened(review, holder) {
    this.brokenId = null;
    const { details } = review.work;
    byId("name").textContent = details.name;
    byId("facts").textContent = facts(details);
    byId("preview").value = "";
    this.banner(details.error ? `masking failed: ${details.error}` : "");
    if (holder) this.held(holder);
    this.changed(review);
  }

  unreadable(review, id, error) {
    review.work = null;
    review.view.work = null;
    review.view.draw();
    this.brokenId = id;
    history.replaceState(null, "", `#${id}`);
    byId("name").textContent = "this photograph cannot be shown";
    byId("facts").textContent = "";
    this.banner(`${error.message}. Reject it with R, or go on with →`);
  }

  held(holder) {
    this.banner(`${holder} has this image in hand: nothing that you change can be saved. Go on with →`);
  }

  banner(text, button = null) {
    const banner = byId("banner");
    banner.replaceChildren(text);
    if (button) banner.append(" ", button);
    banner.hidden = !text;
  }

  complain(error, again = null) {
    if (!again) return this.banner(error.message);
    const button = document.createElement("button");
    button.textContent = "Show it anew";
    button.addEventListener("click", () => {
      this.banner("");
      again();
    });
    this.banner(error.message, button);
  }

  toast(text) {
    const toast = byId("toast");
    toast.textContent = text;
    toast.classList.add("shown");
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => toast.classList.remove("shown"), TOAST_MS);
  }

  saved({ verdict }) {
    this.banner("");
    this.toast(`saved: ${words(verdict)}`);
  }

  progress({ total, left, seconds_each: each, estimate }) {
    const parts = [`${left} of ${total} left`];
    if (each !== null) parts.push(`${Math.round(each)} s each`);
    if (estimate) {
      const [share, low, high] = [estimate.share, estimate.low, estimate.high].map((v) => `${(100 * v).toFixed(0)} %`);
      parts.push(`${estimate.bad} of ${estimate.looked_at} bad: ${share} of the run (95 %: ${low} to ${high})`);
    }
    byId("progress").textContent = parts.join(" · ");
  }

  finished(progress) {
    this.progress(progress);
    this.banner("Nothing is left in this queue that is not decided or in somebody's hands.");
  }

  changed(review) {
    const { work } = review;
    enable("undo", work.past.length > 0);
    enable("redo", work.future.length > 0);
    const answers = work.candidates.length > 1 || work.candidates.areProposals ? work.candidates : [];
    byId("candidates").replaceChildren(...answers.map((answer, number) => {
      const name = work.candidates.areProposals ? "Find" : "Candidate";
      return pressed(`${name} ${number + 1}`, number === work.candidate, () => review.pick(number), `${number + 1}`);
    }));
    this.objects(review);
  }

  objects(review) {
    const { work } = review;
    const buttons = work.objects.map((_, number) =>
      pressed(`Object ${number + 1}`, number === work.current, () => review.selectObject(number)));
    const add = plain("Add object", () => review.addObject(), "N");
    const remove = plain("Remove object", () => review.removeObject());
    byId("objects").replaceChildren(...(buttons.length > 1 ? [...buttons, add, remove] : [add]));
  }

  tool(tool) {
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
    byId("canvas").style.cursor = { point: "crosshair", hand: "grab" }[tool] ?? "none";
  }

  radius(radius) {
    byId("radius").value = radius;
  }

  preview(kind) {
    byId("preview").value = kind;
  }

  busy(isBusy) {
    byId("stage").setAttribute("aria-busy", String(isBusy));
    byId("canvas").style.opacity = isBusy ? 0.6 : 1;
  }
}

export function words(verdict) {
  return { no_object: "no object" }[verdict] ?? verdict ?? "open";
}

export function facts(entry) {
  const parts = [{ ok: "masked", no_object: "no object found", failed: "failed" }[entry.status]];
  if (entry.confidence !== null) parts.push(`confidence ${entry.confidence.toFixed(2)}`);
  if (entry.flags.length) parts.push(entry.flags.map((flag) => flag.replaceAll("_", " ")).join(", "));
  if (entry.verdict) parts.push(`${words(entry.verdict)}${entry.reviewer ? ` by ${entry.reviewer}` : ""}`);
  return parts.join(" · ");
}

function enable(action, isEnabled) {
  document.querySelector(`[data-do=${action}]`).disabled = !isEnabled;
}

function plain(text, action, key = "") {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  if (key) button.dataset.key = key;
  button.addEventListener("click", action);
  return button;
}

function pressed(text, isPressed, action, key = "") {
  const button = plain(text, action, key);
  button.setAttribute("aria-pressed", String(isPressed));
  return button;
}
