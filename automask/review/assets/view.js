// The canvas: the photograph with its mask, where it lies and how large.

import { outline, tint } from "./mask.js";

const ACTIVE = [47, 181, 163];
const OTHER = [255, 176, 32];
const MOST_ZOOM = 40;

export class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.layer = document.createElement("canvas");
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.opacity = 0.45;
    this.isMaskShown = true;
    this.work = null;
    this.picture = null;
    this.instead = null; // a preview in the photograph's place
    this.hover = null; // outline of what a click would give
    this.box = null; // while it is drawn
    this.brush = null; // {x, y, radius} under the pointer
    this.cross = null; // {x, y} of the keyboard's pointer
    this.paths = [];
    new ResizeObserver(() => this.resized()).observe(canvas);
  }

  show(work, picture) {
    const isOther = !this.work || this.work.details.id !== work.details.id;
    this.work = work;
    this.picture = picture;
    this.instead = this.hover = this.box = null;
    this.layer.width = work.width;
    this.layer.height = work.height;
    if (isOther) this.fit();
    this.masksChanged();
  }

  resized() {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = Math.max(1, Math.round(clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * ratio));
    if (this.work) this.fit();
    this.draw();
  }

  fit() {
    const { clientWidth: w, clientHeight: h } = this.canvas;
    this.scale = 0.96 * Math.min(w / this.work.width, h / this.work.height);
    this.x = (w - this.scale * this.work.width) / 2;
    this.y = (h - this.scale * this.work.height) / 2;
    this.draw();
  }

  zoom(factor, at) {
    const least = 0.3 * Math.min(this.canvas.clientWidth / this.work.width, this.canvas.clientHeight / this.work.height);
    const scale = Math.min(MOST_ZOOM, Math.max(least, this.scale * factor));
    this.x = at.x - (at.x - this.x) * (scale / this.scale);
    this.y = at.y - (at.y - this.y) * (scale / this.scale);
    this.scale = scale;
    this.draw();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.draw();
  }

  // A point of the canvas, CSS px, as one of the photograph.
  toImage({ x, y }) {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  // Call after any change of a mask; everything else needs `draw` alone.
  masksChanged() {
    const { width, height, objects, current } = this.work;
    const image = new ImageData(width, height);
    objects.forEach((o, number) => number !== current && tint(image.data, o.mask, OTHER));
    tint(image.data, objects[current].mask, ACTIVE);
    this.layer.getContext("2d").putImageData(image, 0, 0);
    this.paths = objects.map((o) => outline(o.mask, width, height));
    this.drawNow();
  }

  draw() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.drawNow();
    });
  }

  drawNow() {
    const c = this.context;
    const ratio = window.devicePixelRatio || 1;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
    if (!this.work || !this.picture) return;
    c.translate(this.x, this.y);
    c.scale(this.scale, this.scale);
    c.imageSmoothingEnabled = this.scale < 3;
    c.drawImage(this.instead ?? this.picture, 0, 0, this.work.width, this.work.height);
    if (this.isMaskShown && !this.instead) this.drawMasks(c);
    if (this.hover && this.isMaskShown) this.stroke(c, this.hover, "#fff", [4, 4]);
    this.drawPrompts(c);
  }

  drawMasks(c) {
    c.globalAlpha = this.opacity;
    c.imageSmoothingEnabled = false;
    c.drawImage(this.layer, 0, 0);
    c.globalAlpha = 1;
    this.paths.forEach((path, number) => {
      const [r, g, b] = number === this.work.current ? ACTIVE : OTHER;
      this.stroke(c, path, `rgb(${r} ${g} ${b})`);
    });
  }

  stroke(c, path, colour, dash = []) {
    for (const [width, style] of [[3.5, "#0009"], [1.7, colour]]) {
      c.lineWidth = width / this.scale;
      c.strokeStyle = style;
      c.setLineDash(style === colour ? dash.map((d) => d / this.scale) : []);
      c.stroke(path);
    }
    c.setLineDash([]);
  }

  drawPrompts(c) {
    const px = 1 / this.scale;
    const object = this.work.active;
    for (const box of [object.box, this.box]) {
      if (!box) continue;
      const path = new Path2D();
      path.rect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0);
      this.stroke(c, path, "#ffe14d");
    }
    for (const point of object.points) this.drawPoint(c, point, px);
    if (this.brush) {
      const path = new Path2D();
      path.arc(this.brush.x, this.brush.y, this.brush.radius, 0, 7);
      this.stroke(c, path, "#fff");
    }
    if (this.cross) {
      const path = new Path2D();
      const { x, y } = this.cross;
      path.moveTo(x - 14 * px, y); path.lineTo(x + 14 * px, y);
      path.moveTo(x, y - 14 * px); path.lineTo(x, y + 14 * px);
      this.stroke(c, path, "#ffe14d");
    }
  }

  drawPoint(c, { x, y, on }, px) {
    c.beginPath();
    c.arc(x, y, 7 * px, 0, 7);
    c.fillStyle = on ? "#0f9d58" : "#d93025";
    c.fill();
    c.lineWidth = 2 * px;
    c.strokeStyle = "#fff";
    c.stroke();
    c.beginPath();
    c.moveTo(x - 3.5 * px, y); c.lineTo(x + 3.5 * px, y);
    if (on) { c.moveTo(x, y - 3.5 * px); c.lineTo(x, y + 3.5 * px); }
    c.stroke();
  }
}
