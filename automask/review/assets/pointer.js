// Mouse, pen and fingers on the canvas.

const DRAG_PX = 5; // less is a click
const GRAB_PX = { mouse: 10, pen: 12, touch: 22 };
const WHEEL = 1.0015; // zoom for a px of the wheel

export class Pointer {
  constructor(canvas, view, review) {
    this.canvas = canvas;
    this.view = view;
    this.review = review;
    this.fingers = new Map();
    this.action = null; // what the pointer that is down does
    this.group = []; // points with Ctrl held, one question together
    this.isSpace = false;
    const on = (name, what) => canvas.addEventListener(name, what);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.cancel(event));
    on("pointerleave", () => this.leave());
    on("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    addEventListener("keydown", (event) => this.spaceKey(event, true));
    addEventListener("keyup", (event) => this.spaceKey(event, false));
    addEventListener("keyup", (event) => event.key === "Control" && this.askGroup());
  }

  spaceKey(event, isDown) {
    if (event.key !== " " || event.target !== this.canvas) return;
    event.preventDefault();
    this.isSpace = isDown;
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  down(event) {
    if (!this.review.work) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus();
    const at = this.at(event);
    this.fingers.set(event.pointerId, at);
    if (this.fingers.size === 2) return this.beginPinch();
    this.review.hover(null);
    this.action = this.begun(event, at);
  }

  begun(event, at) {
    const { review, view } = this;
    const point = view.toImage(at);
    if (this.isSpace || event.button === 1 || review.tool === "hand") return { kind: "pan", at };
    if (review.tool !== "point") {
      review.beginStroke();
      review.stroke(point, point);
      return { kind: "stroke", last: point };
    }
    const index = this.pointNear(at, event.pointerType);
    if (index >= 0) {
      review.work.remember();
      return { kind: "drag", index, at, isMoved: false };
    }
    return { kind: "click", at, isForced: event.button === 2 || event.shiftKey, isGrouped: event.ctrlKey || event.metaKey };
  }

  pointNear(at, kind) {
    const { points } = this.review.work.active;
    const reach = (GRAB_PX[kind] ?? 12) / this.view.scale;
    const { x, y } = this.view.toImage(at);
    return points.findLastIndex((p) => Math.hypot(p.x - x, p.y - y) <= reach);
  }

  move(event) {
    const { review, view, action } = this;
    if (!review.work) return;
    const at = this.at(event);
    const before = this.fingers.get(event.pointerId);
    if (before) this.fingers.set(event.pointerId, at);
    if (this.fingers.size === 2) return this.pinch();
    const point = view.toImage(at);
    this.showBrush(point);
    if (!action) return review.hover(this.hoverPoint(event, point));
    if (action.kind === "pan") view.pan(at.x - before.x, at.y - before.y);
    if (action.kind === "stroke") {
      review.stroke(action.last, point);
      action.last = point;
    }
    const isFar = action.at && Math.hypot(at.x - action.at.x, at.y - action.at.y) > DRAG_PX;
    if (action.kind === "drag" && (isFar || action.isMoved)) {
      action.isMoved = true;
      review.movePoint(action.index, this.inside(point));
    }
    if (action.kind === "click" && (isFar || view.box)) {
      view.box = boxOf(view.toImage(action.at), this.inside(point));
      view.draw();
    }
  }

  up(event) {
    const { action, view } = this;
    const wasPinch = this.fingers.size > 1;
    this.fingers.delete(event.pointerId);
    if (!action || wasPinch || !this.review.work) return;
    this.action = null;
    if (action.kind === "stroke") return this.review.endStroke();
    if (action.kind === "drag") return this.dropped(action);
    if (action.kind !== "click") return;
    const { box } = view;
    view.box = null;
    if (box && box.x1 - box.x0 >= 2 && box.y1 - box.y0 >= 2) return this.review.setBox(box);
    this.clicked(view.toImage(action.at), action);
  }

  dropped(action) {
    if (action.isMoved) return this.review.askAgain();
    this.review.work.past.pop(); // remembered as the button went down; deleting remembers by itself
    return this.review.deletePoint(action.index);
  }

  clicked({ x, y }, { isForced, isGrouped }) {
    const { work } = this.review;
    if (x < 0 || y < 0 || x >= work.width || y >= work.height) return;
    // Outside of the mask a click adds, inside it takes away; the right button and Shift turn that.
    const on = work.isInside(x, y) === isForced;
    if (!isGrouped) return this.review.addPoint({ x, y, on });
    this.group.push({ x, y, on });
    this.review.screen.toast(`${this.group.length} points: let go of Ctrl to ask`);
  }

  askGroup() {
    const points = this.group;
    this.group = [];
    this.review.addPoints(points);
  }

  cancel(event) {
    this.fingers.delete(event.pointerId);
    if (this.action?.kind === "stroke") this.review.endStroke();
    this.action = this.view.box = null;
  }

  leave() {
    this.view.brush = null;
    if (!this.action) this.review.hover(null);
    this.view.draw();
  }

  hoverPoint(event, { x, y }) {
    const { work } = this.review;
    if (event.pointerType === "touch" || x < 0 || y < 0 || x >= work.width || y >= work.height) return null;
    return { x, y, on: !work.isInside(x, y) };
  }

  showBrush(point) {
    const isBrush = this.review.tool === "brush" || this.review.tool === "eraser";
    this.view.brush = isBrush ? { ...point, radius: this.review.radius } : null;
    if (isBrush) this.view.draw();
  }

  inside({ x, y }) {
    const { width, height } = this.review.work;
    return { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) };
  }

  beginPinch() {
    if (this.action?.kind === "stroke") this.review.step("undo"); // it was the first finger of two
    if (this.action?.kind === "drag") this.review.work.past.pop();
    this.action = this.view.box = null;
    this.spread = this.measure();
  }

  pinch() {
    const now = this.measure();
    this.view.pan(now.x - this.spread.x, now.y - this.spread.y);
    this.view.zoom(now.apart / this.spread.apart, now);
    this.spread = now;
  }

  measure() {
    const [a, b] = [...this.fingers.values()];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
  }

  wheel(event) {
    event.preventDefault();
    if (this.review.work) this.view.zoom(WHEEL ** -event.deltaY, this.at(event));
  }
}

function boxOf(a, b) {
  return { x0: Math.min(a.x, b.x), y0: Math.min(a.y, b.y), x1: Math.max(a.x, b.x), y1: Math.max(a.y, b.y) };
}
