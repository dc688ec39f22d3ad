// What all parts share: the data, and elements made of it. Names and messages are only ever text.
const data = JSON.parse(document.getElementById("data").textContent);
const images = data.images;
const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const LONGER_SIDE = 1000; // of an outline's own units

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function makeSvg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// The address of an image's picture: inside this page, or a file beside it; null where there is none.
function pictureOf(index) {
  if (images[index].file) return images[index].file;
  const inside = byId("picture-" + index);
  return inside && "data:image/jpeg;base64," + inside.textContent;
}

// kind: original, mask or contour.
function drawPicture(index, kind, words) {
  const image = images[index];
  const [width, height] = sizeOf(image);
  const picture = makeSvg("svg", { class: "picture", viewBox: `0 0 ${width} ${height}` });
  if (words) picture.setAttribute("aria-label", words);
  picture.setAttribute(words ? "role" : "aria-hidden", words ? "img" : "true");
  const source = kind === "mask" ? null : pictureOf(index);
  if (source) picture.append(makeSvg("image", { href: source, width, height }));
  else if (kind !== "mask" && !image.outline) picture.append(placeholder(image, width, height));
  if (image.outline && kind !== "original") picture.append(...outlines(image.outline, kind));
  return picture;
}

function sizeOf(image) {
  if (!image.width) return [LONGER_SIDE, 0.75 * LONGER_SIDE];
  const scale = LONGER_SIDE / Math.max(image.width, image.height);
  return [image.width * scale, image.height * scale];
}

function placeholder(image, width, height) {
  const words = makeSvg("text", { x: width / 2, y: height / 2 });
  words.textContent = image.status === "failed" ? "failed" : "no picture";
  return words;
}

function outlines(path, kind) {
  const parts = path.split("|");
  return parts.flatMap((d, index) => {
    const colour = parts.length > 1 ? objectColour(index) : null;
    if (kind === "mask") return [coloured("object", d, "fill", colour)];
    return [coloured("halo", d, "stroke", null), coloured("line", d, "stroke", colour)];
  });
}

// Of several objects each has its own, unlike that of the next: steps of the golden angle.
function objectColour(index) {
  return `hsl(${Math.round((index * 0.618 % 1) * 360)} 85% 60%)`;
}

function coloured(name, d, property, colour) {
  const path = makeSvg("path", { d, class: name });
  if (colour) path.style.setProperty(property, colour);
  return path;
}

// A name is cut in its middle: the ends of a series tell its images apart.
const TAIL = 14; // characters that always stay

function makeName(name) {
  const element = make("span", "name");
  const at = name.length > TAIL ? name.length - TAIL : 0;
  element.append(make("span", "head", name.slice(0, at)), make("span", "tail", name.slice(at)));
  element.title = name;
  return element;
}

const STATUS_WORDS = { ok: "masked", no_object: "no object", failed: "failed" };

function factsOf(image) {
  if (image.status !== "ok") return STATUS_WORDS[image.status];
  const sure = image.confidence === null ? "mended by hand" : image.confidence.toFixed(2);
  return [sure, ...image.flags].join(" · ");
}

function makeTile(index) {
  const image = images[index];
  const mood = image.status === "failed" ? " bad" : image.check ? " warn" : "";
  const tile = make("button", "tile" + mood);
  tile.type = "button";
  const caption = make("span", "caption");
  caption.append(makeName(image.name), make("span", "facts", factsOf(image)));
  tile.append(drawPicture(index, "contour"), caption);
  return tile;
}
