// Which cells of a tile differ from the picture before, wherever the two overlap.

// uint8 like frame.pixels, 1 where a cell changed; null when the two cannot be compared.
export function changed(frame, before) {
  if (!before || before.stride !== frame.stride || before.view_rows !== frame.view_rows || before.view_columns !== frame.view_columns) return null;
  const [down, right] = [(frame.top - before.top) / frame.stride, (frame.left - before.left) / frame.stride];
  if (!Number.isInteger(down) || !Number.isInteger(right)) return null;
  const mask = new Uint8Array(frame.pixels.length);
  const [first, last] = [Math.max(0, -right), Math.min(frame.columns, before.columns - right)];
  for (let row = Math.max(0, -down); row < Math.min(frame.rows, before.rows - down); row++) {
    const [here, there] = [row * frame.columns, (row + down) * before.columns + right];
    for (let column = first; column < last; column++) {
      if (frame.pixels[here + column] !== before.pixels[there + column]) mask[here + column] = 1;
    }
  }
  return mask;
}

// How often each palette index occurs in a frame.
export function counts(frame, n) {
  const found = new Uint32Array(Math.max(n, 256));
  for (const index of frame.pixels) found[index]++;
  return found.subarray(0, n);
}
