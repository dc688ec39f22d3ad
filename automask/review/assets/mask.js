// A mask: one byte a pixel, 0 or 1, and what is done to it in the browser.

export function fromRuns(runs, size) {
  const mask = new Uint8Array(size);
  let at = 0;
  runs.forEach((length, number) => {
    if (number % 2) mask.fill(1, at, at + length);
    at += length;
  });
  return mask;
}

export function toRuns(mask) {
  const runs = [];
  let value = 0;
  let start = 0;
  for (let at = 0; at < mask.length; at++) {
    if (mask[at] !== value) {
      runs.push(at - start);
      start = at;
      value = mask[at];
    }
  }
  runs.push(mask.length - start);
  return runs;
}

export const isEmpty = (mask) => mask.indexOf(1) < 0;

// Sets all pixels within `radius` of the way from one point to another.
export function paint(mask, width, height, from, to, radius, value) {
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - radius));
  const right = Math.min(width - 1, Math.ceil(Math.max(from.x, to.x) + radius));
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(from.y, to.y) + radius));
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - from.x;
      const py = y + 0.5 - from.y;
      const along = length ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
      const ox = px - along * dx;
      const oy = py - along * dy;
      if (ox * ox + oy * oy <= radius * radius) mask[y * width + x] = value;
    }
  }
}

// The outline between pixels, as a path in px of the photograph. Neighbouring edges of a row are
// one line, so that a smooth outline has few.
export function outline(mask, width, height) {
  const path = new Path2D();
  const at = (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : mask[y * width + x]);
  for (let y = 0; y <= height; y++) {
    let start = -1;
    for (let x = 0; x <= width; x++) {
      const isEdge = x < width && at(x, y) !== at(x, y - 1);
      if (isEdge && start < 0) start = x;
      if (!isEdge && start >= 0) {
        path.moveTo(start, y);
        path.lineTo(x, y);
        start = -1;
      }
      if (y < height && at(x, y) !== at(x - 1, y)) {
        path.moveTo(x, y);
        path.lineTo(x, y + 1);
      }
    }
  }
  return path;
}

// Colours pixels of an RGBA buffer where the mask is set.
export function tint(rgba, mask, [red, green, blue]) {
  const pixels = new Uint32Array(rgba.buffer);
  const colour = (255 << 24) | (blue << 16) | (green << 8) | red; // little-endian, as all browsers' machines
  for (let at = 0; at < mask.length; at++) if (mask[at]) pixels[at] = colour;
}
