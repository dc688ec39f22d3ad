// Filters, order, and what opens what.
const searched = images.map((image) => `${image.name}\n${image.error || ""}`.toLowerCase());
const form = byId("filters");
const viewer = new Viewer(byId("viewer"));
const sheet = new Sheet(byId("sheet"), (order, place, back) => viewer.open(order, place, back));

function wanted() {
  const { text, status, flag, folder, least, most } = form.elements;
  const [low, high] = [least, most].map((field) => field.valueAsNumber);
  return {
    text: text.value.trim().toLowerCase(),
    status: status.value,
    flag: flag.value,
    folder: folder && folder.value !== "" ? data.folders[folder.value] : null,
    low: Number.isNaN(low) ? 0 : low,
    high: Number.isNaN(high) ? 1 : high,
  };
}

function passes(index, want) {
  const image = images[index];
  if (want.status === "check" ? !image.check : want.status && image.status !== want.status) return false;
  if (want.flag && !image.flags.includes(want.flag)) return false;
  if (want.folder !== null && !(image.folder + "/").startsWith(want.folder + "/")) return false;
  if (want.low > 0 && !(image.confidence >= want.low)) return false;
  if (want.high < 1 && !(image.confidence !== null && image.confidence <= want.high)) return false;
  return searched[index].includes(want.text);
}

// Images without the value come last, whichever way it is sorted; equals stay in order of their names.
function sorted(indices, order) {
  if (order === "name") return indices;
  if (order === "check") return indices.sort((a, b) => images[a].rank - images[b].rank);
  const sign = order.startsWith("-") ? -1 : 1;
  const key = order.replace("-", "");
  const value = (index) => images[index][key];
  const known = indices.filter((index) => value(index) !== null);
  const unknown = indices.filter((index) => value(index) === null);
  return [...known.sort((a, b) => sign * (value(a) - value(b)) || a - b), ...unknown];
}

function update() {
  const want = wanted();
  const indices = [...images.keys()].filter((index) => passes(index, want));
  sheet.show(sorted(indices, form.elements.order.value));
  byId("count").textContent = `${indices.length} of ${images.length} images`;
}

function showAll(status) {
  form.reset();
  form.elements.status.value = status;
  form.elements.order.value = "check";
  update();
  byId("sheet-heading").scrollIntoView();
  byId("sheet-heading").focus({ preventScroll: true });
}

function fillQueue() {
  for (const index of data.queue) {
    const item = make("li");
    const tile = makeTile(index);
    tile.dataset.list = "queue";
    tile.dataset.index = index;
    item.append(tile);
    byId("queue").append(item);
  }
}

form.addEventListener("input", update);
form.addEventListener("reset", () => setTimeout(update)); // after the fields have their values again
form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-list], [data-show]");
  if (!button) return;
  if (button.dataset.show) return showAll(button.dataset.show);
  const order = data[button.dataset.list];
  viewer.open(order, order.indexOf(Number(button.dataset.index)), () => button.focus());
});
fillQueue();
update();
