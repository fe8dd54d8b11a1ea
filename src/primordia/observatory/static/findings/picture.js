// A picture of palette indices, in the colours of the scheme that is chosen, with what each colour means.

import { onLooks } from "../curves/line_looks.js";
import { make } from "../parts/made.js";
import { colours, css } from "../picture/palettes.js";

// A finding {rows, columns, pixels, palette}.
export function render(finding) {
  const pixels = decoded(finding.pixels);
  const frame = framed(finding, pixels);
  frame.paint(0);
  return make("div", { class: "finding-picture" }, frame.element);
}

// The bytes of a base64 text.
export function decoded(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// A canvas over `pixels` (uint8, all frames below one another) with legend and reading: {element, paint(frame)}.
export function framed({ title, rows, columns, palette }, pixels) {
  const canvas = make("canvas", { width: columns, height: rows, role: "img", "aria-label": title, class: "indexed" });
  const reading = make("output", { class: "picture-reading soft" });
  const legend = make("ul", { class: "colour-legend" });
  const holder = make("div", { class: "picture-holder" }, canvas);
  const present = [...new Set(pixels)].sort((one, other) => one - other).filter((index) => palette[index]?.[0]);
  let shown = 0, table = null;
  const paint = (frame) => {
    shown = frame;
    table ??= colours(palette);
    drawIndexed(canvas, pixels.subarray(frame * rows * columns, (frame + 1) * rows * columns), table);
  };
  const name = () => {
    const rgb = colours(palette);
    legend.replaceChildren(...present.map((index) => make("li", {}, make("i", { class: "swatch", style: { background: css(rgb, index) } }), palette[index][0])));
  };
  canvas.addEventListener("pointermove", (event) => {
    const row = Math.floor(event.offsetY / canvas.clientHeight * rows), column = Math.floor(event.offsetX / canvas.clientWidth * columns);
    const index = pixels[shown * rows * columns + row * columns + column];
    reading.textContent = index === undefined ? "" : `row ${row}, column ${column}: ${palette[index]?.[0] ?? index}`;
  });
  canvas.addEventListener("pointerleave", () => { reading.textContent = ""; });
  new ResizeObserver(() => fit(canvas, holder.clientWidth, rows, columns)).observe(holder);
  const stop = onLooks(() => { if (!canvas.isConnected) stop(); table = null; name(); paint(shown); });
  name();
  return { element: make("div", {}, holder, reading, legend), paint };
}

// Whole factors keep cells square and sharp; what is wider than its place is made smaller.
function fit(canvas, width, rows, columns) {
  if (!width) return;
  const factor = Math.min(Math.floor(width / columns), Math.ceil(320 / rows), 24);
  canvas.style.width = `${factor >= 1 ? factor * columns : width}px`;
}

function drawIndexed(canvas, pixels, table) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const words = image.data;
  for (let at = 0; at < pixels.length; at++) {
    const entry = 3 * pixels[at];
    words[4 * at] = table[entry];
    words[4 * at + 1] = table[entry + 1];
    words[4 * at + 2] = table[entry + 2];
    words[4 * at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
