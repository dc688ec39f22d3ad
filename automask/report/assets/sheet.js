// The contact sheet: of thousands of tiles only those in sight, and the one with the focus, exist.
const TILE_LEAST = 176; // px wide, at the least; on a phone there are two beside each other all the same
const CAPTION = 50; // px below a tile's picture
const SPARE = 600; // px above and below what is in sight, drawn before it is scrolled to

class Sheet {
  constructor(element, open) {
    this.element = element;
    this.open = open;
    this.order = []; // indices of images, filtered and sorted
    this.current = 0; // position of the one tile that the Tab key stops at
    this.tiles = new Map(); // position -> <li>
    this.waiting = false;
    addEventListener("scroll", () => this.later(), { passive: true });
    new ResizeObserver(() => this.measure()).observe(element);
    element.addEventListener("click", (event) => this.clicked(event));
    element.addEventListener("keydown", (event) => this.pressed(event));
    element.addEventListener("focusin", (event) => this.focused(event));
  }

  show(order) {
    this.order = order;
    this.current = 0;
    this.clear();
    this.measure();
  }

  clear() {
    for (const item of this.tiles.values()) item.remove();
    this.tiles.clear();
  }

  measure() {
    const width = this.element.clientWidth;
    const columns = Math.max(2, Math.floor(width / TILE_LEAST));
    const tile = Math.floor(width / columns);
    const height = Math.round(tile * 0.75) + CAPTION;
    if (columns !== this.columns || tile !== this.width) this.clear();
    Object.assign(this, { columns, width: tile, height });
    this.element.style.height = Math.ceil(this.order.length / columns) * height + "px";
    this.render();
  }

  later() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.render();
    });
  }

  render() {
    const above = -this.element.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor((above - SPARE) / this.height)) * this.columns;
    const rows = Math.ceil((above + innerHeight + SPARE) / this.height);
    const end = Math.min(this.order.length, Math.max(0, rows) * this.columns);
    for (const [position, item] of this.tiles) {
      const kept = (position >= first && position < end) || position === this.current;
      if (kept) continue;
      item.remove();
      this.tiles.delete(position);
    }
    for (let position = first; position < end; position++) this.draw(position);
    if (this.order.length) this.draw(this.current);
  }

  draw(position) {
    if (this.tiles.has(position)) return this.tiles.get(position);
    const item = make("li");
    item.setAttribute("aria-posinset", position + 1);
    item.setAttribute("aria-setsize", this.order.length);
    item.dataset.position = position;
    const row = Math.floor(position / this.columns);
    const column = position % this.columns;
    Object.assign(item.style, {
      width: this.width + "px",
      height: this.height + "px",
      transform: `translate(${column * this.width}px, ${row * this.height}px)`,
    });
    const tile = makeTile(this.order[position]);
    tile.tabIndex = position === this.current ? 0 : -1;
    item.append(tile);
    this.tiles.set(position, item);
    this.element.insertBefore(item, this.after(position));
    return item;
  }

  // Reading order is the order in the document: the tile that a new one must stand before.
  after(position) {
    let next = null;
    for (const [other, item] of this.tiles) {
      if (other > position && (next === null || other < Number(next.dataset.position))) next = item;
    }
    return next;
  }

  focus(position) {
    const item = this.point(position);
    item.scrollIntoView({ block: "nearest" });
    item.firstChild.focus({ preventScroll: true });
    this.render();
  }

  point(position) {
    const before = this.tiles.get(this.current);
    if (before) before.firstChild.tabIndex = -1;
    this.current = Math.max(0, Math.min(this.order.length - 1, position));
    const item = this.draw(this.current);
    item.firstChild.tabIndex = 0;
    return item;
  }

  focused(event) {
    const item = event.target.closest("li");
    if (item) this.point(Number(item.dataset.position));
  }

  clicked(event) {
    const item = event.target.closest("li");
    if (item) this.open(this.order, Number(item.dataset.position), (place) => this.focus(place));
  }

  pressed(event) {
    const page = Math.max(1, Math.floor(innerHeight / this.height)) * this.columns;
    const steps = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns,
      PageUp: -page, PageDown: page, Home: -this.order.length, End: this.order.length,
    };
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.focus(this.current + steps[event.key]);
  }
}
