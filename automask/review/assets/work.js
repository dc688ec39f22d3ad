// The image in hand: its objects, what was asked and drawn, and every step back.

import { fromRuns, isEmpty, toRuns } from "./mask.js";

const emptyObject = (size) => ({ mask: new Uint8Array(size), points: [], box: null, key: null, base: null });

export class Work {
  constructor(details) {
    this.details = details;
    this.width = details.width;
    this.height = details.height;
    this.size = this.width * this.height;
    this.objects = details.objects.map((runs) => this.object(runs));
    if (!this.objects.length) this.objects.push(emptyObject(this.size));
    this.current = 0;
    this.prompts = []; // of points that a brush or an edit has made part of the mask
    this.strokes = [];
    this.past = [];
    this.future = [];
    this.candidates = [];
    this.candidate = 0;
    this.seconds = 0;
    this.isTouched = false;
    this.first = this.snapshot();
  }

  object(runs) {
    return { ...emptyObject(0), mask: fromRuns(runs, this.size) };
  }

  get active() {
    return this.objects[this.current];
  }

  // Undo without limit: every step is kept as run lengths, a few kilobytes each.
  snapshot() {
    return JSON.stringify({
      objects: this.objects.map((o) => ({
        runs: toRuns(o.mask), points: o.points, box: o.box, key: o.key, base: o.base && toRuns(o.base),
      })),
      current: this.current,
      prompts: this.prompts,
      strokes: this.strokes,
    });
  }

  restore(snapshot) {
    const kept = JSON.parse(snapshot);
    this.objects = kept.objects.map((o) => ({
      mask: fromRuns(o.runs, this.size), points: o.points, box: o.box, key: o.key,
      base: o.base && fromRuns(o.base, this.size),
    }));
    this.current = kept.current;
    this.prompts = kept.prompts;
    this.strokes = kept.strokes;
    this.candidates = [];
  }

  // Remembers how it is, before something is changed.
  remember() {
    this.past.push(this.snapshot());
    this.future = [];
    this.isTouched = true;
  }

  undo() {
    if (!this.past.length) return false;
    this.future.push(this.snapshot());
    this.restore(this.past.pop());
    return true;
  }

  redo() {
    if (!this.future.length) return false;
    this.past.push(this.snapshot());
    this.restore(this.future.pop());
    return true;
  }

  // Points have become part of the mask: what is drawn now begins from here.
  bake() {
    const object = this.active;
    if (object.points.length || object.box) this.prompts.push(promptOf(object));
    Object.assign(object, { points: [], box: null, key: null, base: null });
    this.candidates = [];
  }

  addObject() {
    if (isEmpty(this.active.mask) && !this.active.points.length) return;
    this.remember();
    this.objects.push(emptyObject(this.size));
    this.current = this.objects.length - 1;
    this.candidates = [];
  }

  removeObject() {
    this.remember();
    this.objects.splice(this.current, 1);
    if (!this.objects.length) this.objects.push(emptyObject(this.size));
    this.current = Math.min(this.current, this.objects.length - 1);
    this.candidates = [];
  }

  isInside(x, y) {
    const column = Math.floor(x);
    const row = Math.floor(y);
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return false;
    return this.active.mask[row * this.width + column] === 1;
  }

  // What the server is told; empty objects are none.
  masks() {
    return this.objects.filter((o) => !isEmpty(o.mask)).map((o) => toRuns(o.mask));
  }

  allPrompts() {
    const open = this.objects.filter((o) => o.points.length || o.box).map(promptOf);
    return [...this.prompts, ...open];
  }
}

function promptOf(object) {
  return { points: object.points.map(({ x, y, on }) => ({ x, y, on })), box: object.box };
}
