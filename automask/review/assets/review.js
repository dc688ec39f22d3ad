// What a person does with the image in hand: every button, key and pointer ends here.

import * as api from "./api.js";
import { fromRuns, isEmpty, outline, paint, toRuns } from "./mask.js";
import { Work } from "./work.js";

const RENEW_MS = 20_000; // of a lease, which lasts a minute
const HOVER_MS = 70; // the pointer rests so long before the model is asked
const SLOW_MS = 250; // a model that needs longer is not asked for what is under the pointer
const UNKNOWN = new Set([404, 409]);

export class Review {
  constructor(session, view, screen) {
    this.session = session;
    this.view = view;
    this.screen = screen; // what the page shows beside the canvas, see screen.js
    this.client = kept(sessionStorage, "client", makeId);
    this.reviewer = localStorage.getItem("reviewer") || session.reviewer;
    this.tool = "point";
    this.radius = 12;
    this.smoothing = 3;
    this.hovers = session.has_model;
    this.preview = "";
    this.work = null;
    this.asking = Promise.resolve(); // questions are answered one after the other
    this.latency = 0;
    this.ahead = new Map(); // id -> {details, picture}, of what comes next
    this.visited = [];
    setInterval(() => this.renew(), RENEW_MS);
    setInterval(() => this.tick(), 1000);
  }

  // Which image

  async open(id) {
    if (this.work && this.work.details.id !== id) {
      api.release(this.work.details.id, this.client);
      this.visited.push(this.work.details.id);
    }
    this.screen.busy(true);
    try {
      const holder = await api.lease(id, this.client, this.reviewer);
      const { details, picture } = await (this.ahead.get(id) ?? this.fetched(id));
      this.ahead.delete(id);
      this.work = new Work(details);
      this.draft(this.work);
      this.preview = "";
      history.replaceState(null, "", `#${id}`);
      this.view.show(this.work, picture);
      this.screen.opened(this, holder);
    } catch (error) {
      this.screen.unreadable(this, id, error);
    } finally {
      this.screen.busy(false);
    }
    this.prefetch(id); // not waited for: the next decision may come at once
  }

  async fetched(id) {
    const [details, picture] = await Promise.all([api.details(id), api.picture(id)]);
    return { details, picture };
  }

  // The next image is fetched while this one is looked at.
  async prefetch(id) {
    api.progress().then((progress) => this.screen.progress(progress), () => {});
    const next = await api.next(id, this.client).catch(() => null);
    if (!next || next === id || this.ahead.has(next)) return;
    this.ahead.clear();
    const coming = this.fetched(next);
    coming.catch(() => this.ahead.delete(next));
    this.ahead.set(next, coming);
  }

  get id() {
    return this.work?.details.id ?? this.screen.brokenId;
  }

  async next() {
    const id = await api.next(this.id, this.client);
    if (!id) return this.screen.finished(await api.progress());
    await this.open(id);
  }

  async previous() {
    const id = this.visited.pop();
    if (!id) return this.screen.toast("this was the first");
    await this.open(id);
    this.visited.pop(); // that we came from
  }

  async renew() {
    if (!this.work) return;
    const holder = await api.lease(this.id, this.client, this.reviewer).catch(() => null);
    if (holder) this.screen.held(holder);
  }

  tick() {
    if (this.work && !document.hidden) this.work.seconds += 1;
  }

  // A reload loses nothing: what is not decided yet is kept in this tab.

  keepDraft() {
    const { details, seconds } = this.work;
    const draft = { seen: details.decided_at, seconds, snapshot: this.work.snapshot(), past: this.work.past.slice(-30) };
    try {
      sessionStorage.setItem(`draft-${details.id}`, JSON.stringify(draft));
    } catch {
      // No room: undecided work of a tab is lost by a reload then, and nothing else.
    }
  }

  draft(work) {
    const text = sessionStorage.getItem(`draft-${work.details.id}`);
    const draft = text && JSON.parse(text);
    if (!draft || draft.seen !== work.details.decided_at) return;
    work.restore(draft.snapshot);
    work.past = draft.past;
    work.seconds = draft.seconds;
    work.isTouched = true;
  }

  // Changes

  changed() {
    this.view.hover = null;
    this.view.masksChanged();
    this.keepDraft();
    this.screen.changed(this);
    if (this.preview) this.showPreview(this.preview);
  }

  step(how) {
    if (!this.work?.[how]()) return this.screen.toast(how === "undo" ? "nothing to undo" : "nothing to redo");
    this.changed();
  }

  addPoint(point) {
    const { work } = this;
    work.remember();
    const object = work.active;
    object.base ??= object.mask.slice();
    object.points.push(point);
    this.view.draw();
    return this.ask(1);
  }

  // Several points, one question.
  addPoints(points) {
    if (!points.length) return null;
    const object = this.work.active;
    this.work.remember();
    object.base ??= object.mask.slice();
    object.points.push(...points);
    return this.ask(points.length);
  }

  setBox(box) {
    const object = this.work.active;
    this.work.remember();
    object.base ??= object.mask.slice();
    object.box = box;
    object.points = [];
    object.key = null;
    return this.ask(1, null);
  }

  movePoint(index, { x, y }) {
    Object.assign(this.work.active.points[index], { x, y });
    this.view.draw();
  }

  deletePoint(index) {
    this.work.remember();
    this.work.active.points.splice(index, 1);
    return this.askAgain();
  }

  // The newest `fresh` points; `current`: the mask to begin from, null for none.
  ask(fresh, current = this.work.active.mask) {
    const { work } = this;
    const object = work.active;
    const question = {
      points: object.points.map(({ x, y, on }) => ({ x, y, on })),
      box: object.box,
      current: current && !isEmpty(current) ? toRuns(current) : null,
      previous: object.key,
      fresh,
    };
    this.asking = this.asking.then(() => this.answered(work, object, question));
    return this.asking;
  }

  async answered(work, object, question) {
    const began = performance.now();
    let answers;
    try {
      answers = await api.ask(work.details.id, question);
    } catch (error) {
      return this.screen.complain(error);
    }
    this.latency = performance.now() - began;
    if (this.work !== work || !work.objects.includes(object)) return;
    work.candidates = answers;
    this.take(object, 0);
  }

  // Points were moved or deleted: all of them are asked once more, from the mask before the first.
  async askAgain() {
    const object = this.work.active;
    const points = object.points;
    object.mask = (object.base ?? object.mask).slice();
    object.key = null;
    this.work.candidates = [];
    for (let count = object.box ? 0 : 1; count <= points.length; count++) {
      object.points = points.slice(0, count);
      await this.ask(1, object.box && count === 0 ? null : object.mask);
    }
    object.points = points;
    this.changed();
  }

  take(object, number) {
    const { work } = this;
    const answer = work.candidates[number];
    object.mask = fromRuns(answer.runs, work.size);
    object.key = answer.key;
    work.candidate = number;
    this.changed();
  }

  pick(number) {
    const { work } = this;
    if (!work.candidates[number]) return;
    work.remember();
    if (work.candidates.areProposals) {
      work.strokes.push({ tool: "proposal", amount: number + 1, points: [] });
    }
    this.take(work.active, number);
  }

  async showProposals() {
    const { work } = this;
    this.screen.busy(true);
    try {
      const found = await api.proposals(work.details.id);
      if (this.work !== work) return;
      work.bake();
      work.candidates = Object.assign(found, { areProposals: true });
      work.candidate = -1;
      this.screen.changed(this);
      this.screen.toast(found.length ? "press a number to take one" : "the model finds nothing else");
    } catch (error) {
      this.screen.complain(error);
    } finally {
      this.screen.busy(false);
    }
  }

  // What a click would give, while the pointer rests.
  hover(point) {
    clearTimeout(this.hoverTimer);
    if (this.view.hover) {
      this.view.hover = null;
      this.view.draw();
    }
    if (!this.hovers || !point || this.latency > SLOW_MS || this.tool !== "point") return;
    this.hoverTimer = setTimeout(() => this.askHover(point), HOVER_MS);
  }

  async askHover(point) {
    const { work } = this;
    const object = work.active;
    const before = object.points.length;
    const question = {
      points: [...object.points, point].map(({ x, y, on }) => ({ x, y, on })),
      box: object.box,
      current: isEmpty(object.mask) ? null : toRuns(object.mask),
      previous: object.key,
    };
    const began = performance.now();
    const answers = await api.ask(work.details.id, question).catch(() => null);
    this.latency = performance.now() - began;
    const isStale = this.work !== work || object.points.length !== before || work.active !== object;
    if (!answers || isStale) return;
    this.view.hover = outline(fromRuns(answers[0].runs, work.size), work.width, work.height);
    this.view.draw();
  }

  // By hand

  beginStroke() {
    this.work.remember();
    this.work.bake();
    this.strokePoints = [];
  }

  stroke(from, to) {
    const { work, tool, radius } = this;
    paint(work.active.mask, work.width, work.height, from, to, radius, tool === "brush" ? 1 : 0);
    if (!this.strokePoints.length) this.strokePoints.push([round(from.x), round(from.y)]);
    this.strokePoints.push([round(to.x), round(to.y)]);
    this.view.masksChanged();
  }

  endStroke() {
    const points = this.strokePoints.slice(0, 5000);
    this.work.strokes.push({ tool: this.tool, amount: this.radius, points });
    this.changed();
  }

  async edit(tool) {
    const { work } = this;
    const amount = { fill: 0, drop_specks: 5, grow: 1, shrink: 1, smooth: this.smoothing }[tool];
    const object = work.active;
    try {
      const runs = await api.edit(work.details.id, tool, amount, toRuns(object.mask));
      if (this.work !== work) return;
      work.remember();
      work.bake();
      object.mask = fromRuns(runs, work.size);
      work.strokes.push({ tool, amount, points: [] });
      this.changed();
    } catch (error) {
      this.screen.complain(error);
    }
  }

  clear() {
    const { work } = this;
    work.remember();
    work.bake();
    work.active.mask = new Uint8Array(work.size);
    this.changed();
  }

  machine() {
    const { work } = this;
    const runs = work.details.machine ?? work.details.objects;
    work.remember();
    work.objects = runs.map((one) => work.object(one));
    if (!work.objects.length) work.objects.push({ ...work.object([work.size]) });
    work.current = 0;
    Object.assign(work, { prompts: [], strokes: [], candidates: [] });
    this.changed();
  }

  addObject() {
    this.work.addObject();
    this.changed();
  }

  removeObject() {
    this.work.removeObject();
    this.changed();
  }

  selectObject(number) {
    this.work.current = number;
    this.work.candidates = [];
    this.changed();
  }

  setTool(tool) {
    this.tool = tool;
    this.view.brush = null;
    this.hover(null);
    this.view.draw();
    this.screen.tool(tool);
  }

  setRadius(radius) {
    this.radius = Math.min(120, Math.max(1, radius));
    this.screen.radius(this.radius);
  }

  async showPreview(kind) {
    const { work, view } = this;
    this.preview = kind;
    this.screen.preview(kind);
    if (!kind) {
      view.instead = null;
      return view.draw();
    }
    try {
      const picture = await api.preview(work.details.id, kind, work.masks());
      if (this.work !== work || this.preview !== kind) return;
      view.instead = picture;
      view.draw();
    } catch (error) {
      this.screen.complain(error);
    }
  }

  showMask(isShown) {
    this.view.isMaskShown = isShown;
    this.view.draw();
  }

  // Decisions

  async decide(verdict) {
    const id = this.id;
    if (!id || this.isDeciding) return;
    this.isDeciding = true;
    await this.asking;
    const { work } = this;
    const accepts = verdict === "accepted";
    if (accepts && work && !work.masks().length && work.details.status !== "no_object") {
      this.isDeciding = false;
      return this.screen.complain(new Error("the mask is empty: press X where there is no object"));
    }
    try {
      const saved = await api.decide(id, {
        verdict,
        objects: accepts && work?.isTouched ? work.masks() : null,
        prompts: work && accepts ? work.allPrompts() : [],
        strokes: work && accepts ? work.strokes : [],
        seconds: work?.seconds ?? 0,
        reviewer: this.reviewer,
        client: this.client,
        token: makeId(),
        seen: work?.details.decided_at ?? "",
      });
      sessionStorage.removeItem(`draft-${id}`);
      this.screen.saved(saved);
      if (work) Object.assign(work.details, saved);
      await this.next();
    } catch (error) {
      this.screen.complain(error, UNKNOWN.has(error.status) ? () => this.reopen(id) : null);
    } finally {
      this.isDeciding = false;
    }
  }

  // As the server knows it now.
  reopen(id) {
    sessionStorage.removeItem(`draft-${id}`);
    this.ahead.delete(id);
    return this.open(id);
  }
}

// `crypto.randomUUID` is there on https and on this machine alone; a page may come by another name.
function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const round = (value) => Math.round(value * 10) / 10;

function kept(storage, name, make) {
  const value = storage.getItem(name) ?? make();
  storage.setItem(name, value);
  return value;
}
