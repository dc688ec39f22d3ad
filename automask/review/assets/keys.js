// The keys, and the sheet that tells them. One table for both.

const STEP = 0.02; // of the longer side, that an arrow moves the keyboard's pointer

// [key, what it does, action]; "shown only" ones have no action here.
export function keymap(review, view, open) {
  const cross = new Cross(review, view);
  const groups = [
    ["Decide", [
      ["Enter", "accept the mask as it is drawn", () => review.decide("accepted")],
      ["x", "there is no object", () => review.decide("no_object")],
      ["u", "unsure: to the back of the queue", () => review.decide("unsure")],
      ["r", "reject: use neither mask nor photograph", () => review.decide("rejected")],
      ["ArrowRight", "next image, undecided", () => review.next()],
      ["ArrowLeft", "the image before", () => review.previous()],
      ["g", "all images of the queue", open.sheet],
    ]],
    ["Click", [
      ["p", "click or box", () => review.setTool("point")],
      [null, "Click: outside the mask adds, inside takes away"],
      [null, "Shift or right button: the other way round"],
      [null, "Ctrl: several points, asked together when Ctrl is let go"],
      [null, "Drag: a box. Drag a point to move it, click it to delete it"],
      ["Tab", "the next candidate (1 to 9: that one)", () => cross.nextCandidate()],
      ["j", "what else the model finds", () => review.showProposals()],
      ["n", "add another object", () => review.addObject()],
      ["k", "a pointer for the keyboard: arrows move it, Shift slower", () => cross.toggle()],
      ["a", "with it: add here", () => cross.click(true)],
      ["t", "with it: take away here", () => cross.click(false)],
    ]],
    ["Draw", [
      ["b", "brush", () => review.setTool("brush")],
      ["e", "eraser", () => review.setTool("eraser")],
      ["[", "smaller", () => review.setRadius(review.radius / 1.25)],
      ["]", "larger", () => review.setRadius(review.radius * 1.25)],
      ["f", "fill holes", () => review.edit("fill")],
      ["d", "drop specks", () => review.edit("drop_specks")],
      ["s", "smooth", () => review.edit("smooth")],
      ["+", "grow by a pixel", () => review.edit("grow")],
      ["-", "shrink by a pixel", () => review.edit("shrink")],
      ["z", "the machine's mask", () => review.machine()],
      ["Delete", "empty the mask", () => review.clear()],
      ["Ctrl+z", "undo, without limit", () => review.step("undo")],
      ["Ctrl+Shift+z", "redo", () => review.step("redo")],
    ]],
    ["Look", [
      ["h", "move the picture (or hold Space, or the middle button)", () => review.setTool("hand")],
      [null, "Wheel or two fingers: zoom"],
      ["i", "zoom in", () => view.zoom(1.4, middle(view))],
      ["o", "zoom out", () => view.zoom(1 / 1.4, middle(view))],
      ["0", "all of the picture", () => view.fit()],
      ["m", "mask on or off", () => review.showMask(!view.isMaskShown)],
      ["c", "cutout on or off", () => review.showPreview(review.preview ? "" : "cutout")],
      ["?", "these keys", open.help],
      ["Escape", "put the keyboard's pointer away", () => cross.hide()],
    ]],
  ];
  return { groups, cross };
}

export function listen(review, { groups, cross }) {
  const actions = new Map(groups.flatMap(([, rows]) => rows.filter(([key]) => key).map(([key, , action]) => [key, action])));
  addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input:not([type=range], [type=checkbox]), select, textarea");
    if (isTyping || document.querySelector("dialog[open]") || event.altKey) return;
    const key = nameOf(event);
    if (cross.moves(event) || picks(review, key)) return event.preventDefault();
    if (key === "Tab" && !cross.canTab(event)) return;
    const isPress = (key === "Enter" || key === " ") && event.target.matches("button, summary");
    const action = actions.get(key);
    if (!action || isPress || (!review.work && !["Enter", "r", "x", "u", "ArrowRight", "ArrowLeft", "g", "?"].includes(key))) return;
    if (event.target.matches("[type=range]") && key.startsWith("Arrow")) return;
    event.preventDefault();
    action();
  });
}

function nameOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!event.ctrlKey && !event.metaKey) return key;
  return event.shiftKey ? `Ctrl+Shift+${key}` : `Ctrl+${key}`;
}

function picks(review, key) {
  const number = "123456789".indexOf(key);
  if (number < 0 || !review.work?.candidates[number]) return false;
  review.pick(number);
  return true;
}

const middle = (view) => ({ x: view.canvas.clientWidth / 2, y: view.canvas.clientHeight / 2 });

const SHOWN = { ArrowRight: "→", ArrowLeft: "←", Escape: "Esc", "Ctrl+z": "Ctrl+Z", "Ctrl+Shift+z": "Ctrl+Shift+Z" };

export function fillHelp(element, { groups }) {
  for (const [title, rows] of groups) {
    const section = document.createElement("section");
    const heading = document.createElement("h3");
    const list = document.createElement("dl");
    heading.textContent = title;
    for (const [key, what] of rows) {
      const [left, right] = key ? [SHOWN[key] ?? (key.length === 1 ? key.toUpperCase() : key), what] : split(what);
      list.append(Object.assign(document.createElement("dt"), { textContent: left }));
      list.append(Object.assign(document.createElement("dd"), { textContent: right }));
    }
    section.append(heading, list);
    element.append(section);
  }
}

function split(what) {
  const at = what.indexOf(": ");
  return at < 0 ? ["Drag", what] : [what.slice(0, at), what.slice(at + 2)];
}

// A pointer that the arrow keys move: everything a click can do, without a mouse.
class Cross {
  constructor(review, view) {
    this.review = review;
    this.view = view;
  }

  toggle() {
    const { work } = this.review;
    this.view.cross = this.view.cross ? null : { x: work.width / 2, y: work.height / 2 };
    this.view.canvas.focus();
    this.view.draw();
  }

  hide() {
    this.view.cross = null;
    this.view.draw();
  }

  moves(event) {
    const { cross } = this.view;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!cross || !way || event.target.matches("[type=range]")) return false;
    const { width, height } = this.review.work;
    const step = event.shiftKey ? 1 : Math.max(1, STEP * Math.max(width, height));
    cross.x = Math.min(width - 1, Math.max(0, cross.x + way[0] * step));
    cross.y = Math.min(height - 1, Math.max(0, cross.y + way[1] * step));
    const { tool } = this.review;
    if (tool === "brush" || tool === "eraser") this.view.brush = { ...cross, radius: this.review.radius };
    this.view.draw();
    return true;
  }

  click(on) {
    const { cross } = this.view;
    if (!cross) return this.review.screen.toast("press K for the keyboard's pointer");
    const { tool } = this.review;
    if (tool === "point") return this.review.addPoint({ ...cross, on });
    this.review.setTool(on ? "brush" : "eraser");
    this.review.beginStroke();
    this.review.stroke(cross, cross);
    this.review.endStroke();
  }

  // Tab goes through the candidates and then on, so that it holds nobody on the canvas.
  canTab(event) {
    const { work } = this.review;
    return !event.shiftKey && event.target === this.view.canvas && work && work.candidate + 1 < work.candidates.length;
  }

  nextCandidate() {
    this.review.pick(this.review.work.candidate + 1);
  }
}
