// The contact sheet: all images of the queue, a page at a time.

import * as api from "./api.js";
import { facts } from "./screen.js";

const byId = (id) => document.getElementById(id);
const PAGE = 60;

export class Sheet {
  constructor(review) {
    this.review = review;
    this.start = 0;
    byId("sheet-state").addEventListener("change", () => this.from(0));
    byId("sheet-text").addEventListener("input", () => this.from(0));
    byId("sheet-before").addEventListener("click", () => this.from(this.start - PAGE));
    byId("sheet-after").addEventListener("click", () => this.from(this.start + PAGE));
  }

  open() {
    byId("sheet").showModal();
    return this.from(this.start);
  }

  async from(start) {
    this.start = Math.max(0, start);
    const query = { start: this.start, count: PAGE, state: byId("sheet-state").value, text: byId("sheet-text").value };
    const asked = (this.asked = Symbol("asked"));
    const { total, items } = await api.queue(query);
    if (asked !== this.asked) return; // another was asked for meanwhile
    byId("tiles").replaceChildren(...items.map((item) => this.tile(item)));
    const last = this.start + items.length;
    byId("sheet-count").textContent = total ? `${this.start + 1} to ${last} of ${total}` : "none";
    byId("sheet-before").disabled = this.start === 0;
    byId("sheet-after").disabled = last >= total;
  }

  tile(item) {
    const tile = document.createElement("li");
    const button = document.createElement("button");
    const picture = document.createElement("img");
    const name = document.createElement("span");
    const state = document.createElement("span");
    picture.loading = "lazy";
    picture.alt = "";
    picture.src = `${api.tileAddress(item.id)}?${encodeURIComponent(item.decided_at)}`;
    name.className = "name";
    name.textContent = item.name;
    state.className = "state";
    state.textContent = item.holder && item.holder.client !== this.review.client ? `in hand: ${item.holder.name}` : facts(item);
    button.title = item.name;
    button.classList.toggle("here", item.id === this.review.id);
    button.append(picture, name, state);
    button.addEventListener("click", () => {
      byId("sheet").close();
      this.review.open(item.id);
    });
    tile.append(button);
    return tile;
  }
}
