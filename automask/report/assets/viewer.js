// One image large: original, mask and contour.
class Viewer {
  constructor(dialog) {
    this.dialog = dialog;
    dialog.addEventListener("keydown", (event) => this.pressed(event));
    dialog.addEventListener("close", () => this.back(this.place));
    dialog.addEventListener("click", (event) => this.clicked(event));
  }

  // order: indices of images to step through; back: gives the focus back, told where one has come to.
  open(order, place, back) {
    Object.assign(this, { order, place, back });
    this.show();
    this.dialog.showModal();
    byId("viewer-name").focus();
  }

  show() {
    const index = this.order[this.place];
    const image = images[index];
    byId("viewer-name").textContent = image.name;
    byId("viewer-place").textContent = `${this.place + 1} of ${this.order.length}`;
    byId("viewer-error").textContent = image.error || "";
    byId("viewer-panes").replaceChildren(...this.panes(index));
    byId("viewer-facts").replaceChildren(...facts(image).map(factRow));
    byId("viewer-links").replaceChildren(...image.links.map(link));
    for (const button of this.dialog.querySelectorAll("[data-step]")) {
      button.disabled = !(this.place + Number(button.dataset.step) in this.order);
    }
    this.dialog.scrollTop = 0;
  }

  panes(index) {
    const image = images[index];
    if (!image.outline && !pictureOf(index)) return [];
    const kinds = image.outline ? ["original", "mask", "contour"] : ["original"];
    return kinds.map((kind) => {
      const pane = make("figure");
      pane.append(drawPicture(index, kind, `${kind} of ${image.name}`), make("figcaption", "", kind));
      return pane;
    });
  }

  step(steps) {
    if (!(this.place + steps in this.order)) return;
    this.place += steps;
    this.show();
    // A button that has come to its end can have no focus, and without one no key is heard.
    if (document.activeElement.disabled) byId("viewer-name").focus();
  }

  pressed(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!steps || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.step(steps);
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (button && button.dataset.step) this.step(Number(button.dataset.step));
    const isOutside = event.target === this.dialog && !within(event, this.dialog);
    if ((button && button.id === "viewer-close") || isOutside) this.dialog.close();
  }
}

function within(event, element) {
  const box = element.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

function facts(image) {
  const rows = [["status", STATUS_WORDS[image.status]]];
  if (image.confidence !== null) rows.push(["confidence", image.confidence.toFixed(3)]);
  if (image.flags.length) rows.push(["flags", image.flags.join(", ")]);
  if (image.area !== null) rows.push(["area", (100 * image.area).toPrecision(3) + " % of the image"]);
  if (image.width) rows.push(["size", `${image.width} × ${image.height} px`]);
  if (image.seconds !== null) rows.push(["seconds in all", image.seconds.toFixed(3)]);
  data.stages.forEach((stage, number) => {
    if (image.stages[number]) rows.push([`seconds ${stage}`, image.stages[number].toFixed(3)]);
  });
  return [...rows, ...image.more];
}

function factRow([name, value]) {
  const row = make("div");
  row.append(make("dt", "", name), make("dd", "", value));
  return row;
}

function link([words, address]) {
  const anchor = make("a", "", words);
  anchor.href = address;
  anchor.target = "_blank";
  anchor.rel = "noopener";
  return anchor;
}
