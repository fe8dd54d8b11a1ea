// Draws a scene on a 2-D canvas: the reference that the WebGL2 painter must agree with, and its replacement where
// there is none.
//
// A scene is {frame, mask, lens, rgb, masked, ground, line, grid}: a tile with its pixels; mask null or uint8 like
// them; r, g, b of every index, plain and under the mask; the colours outside and of lines between cells; whether to
// draw those lines.

export function plainPainter(canvas) {
  const context = canvas.getContext("2d", { alpha: false });
  return {
    kind: "2d",
    paint: (scene) => context.putImageData(picture(scene, canvas.width, canvas.height), 0, 0),
    pixel: (x, y) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)],
    close() {},
  };
}

function picture({ frame, mask, lens, rgb, masked, ground, line, grid }, width, height) {
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const [plain, covered] = [packed(rgb), packed(masked)];
  words.fill(word(ground));
  const columns = places(width, lens.x, lens.scale, frame.left, frame.stride, frame.columns);
  const rows = places(height, lens.y, lens.scale, frame.top, frame.stride, frame.rows);
  for (let y = 0; y < height; y++) {
    if (rows[y] < 0) continue;
    const row = rows[y] * frame.columns;
    for (let x = 0; x < width; x++) {
      if (columns[x] < 0) continue;
      const at = row + columns[x];
      words[y * width + x] = (mask && mask[at] ? covered : plain)[frame.pixels[at]];
    }
  }
  if (grid) drawLines(words, width, height, rows, columns, lens, word(line));
  return image;
}

// Which texel of the tile each pixel shows along one side; -1 outside.
function places(length, origin, scale, start, stride, n) {
  return Int32Array.from({ length }, (_, pixel) => {
    const texel = Math.floor((Math.floor((pixel + 0.5 - origin) / scale) - start) / stride);
    return texel >= 0 && texel < n ? texel : -1;
  });
}

function drawLines(words, width, height, rows, columns, { x: left, y: top, scale }, colour) {
  const edge = (pixel, origin) => (((pixel + 0.5 - origin) % scale) + scale) % scale < 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (rows[y] >= 0 && columns[x] >= 0 && (edge(y, top) || edge(x, left))) words[y * width + x] = colour;
    }
  }
}

function packed(rgb) {
  return Uint32Array.from({ length: rgb.length / 3 }, (_, index) => word(rgb.subarray(3 * index, 3 * index + 3)));
}

function word([red, green, blue]) {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}
