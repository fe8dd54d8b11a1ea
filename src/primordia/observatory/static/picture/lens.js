// Where one looks at a picture: how large a cell is drawn and which cell stands at the corner. All lengths in device
// pixels; the origin is a whole number of them, so that cells have sharp edges.

const LARGEST = 96;
const LEAST_USE = 0.75; // of the scale that would fill the place, for whole pixels to a cell or whole cells to a pixel
const SMALLEST_SHARE = 0.25; // of the scale at which everything fits
const SPARE = 0.25; // of what is visible, asked for on every side, so that a short pan needs no new picture
const MOST = 8192; // cells of a tile along one side

export class Lens {
  constructor() {
    this.width = 1;
    this.height = 1;
    this.rows = 0;
    this.columns = 0;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.fitted = true;
  }

  resize(width, height) {
    const [dx, dy] = [(width - this.width) / 2, (height - this.height) / 2];
    Object.assign(this, { width: Math.max(1, width), height: Math.max(1, height) });
    if (this.fitted) this.fit();
    else this.pan(dx, dy);
  }

  measure(rows, columns) {
    if (rows === this.rows && columns === this.columns) return;
    Object.assign(this, { rows, columns });
    this.fit();
  }

  // Everything as large as it goes; in whole pixels to a cell unless that would waste too much room.
  fit() {
    this.fitted = true;
    this.scale = this.fittingScale();
    this.x = Math.round((this.width - this.columns * this.scale) / 2);
    this.y = Math.round((this.height - this.rows * this.scale) / 2);
  }

  fittingScale() {
    const exact = Math.min(this.width / Math.max(1, this.columns), this.height / Math.max(1, this.rows), LARGEST);
    const whole = exact < 1 ? 1 / Math.ceil(1 / exact) : Math.floor(exact);
    return whole >= LEAST_USE * exact ? whole : exact;
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const least = Math.min(1, this.fittingScale()) * SMALLEST_SHARE;
    const scale = Math.min(LARGEST, Math.max(least, snapped(this.scale * factor, factor)));
    const [column, row] = [(x - this.x) / this.scale, (y - this.y) / this.scale];
    Object.assign(this, { scale, fitted: false, x: Math.round(x - column * scale), y: Math.round(y - row * scale) });
    this.pan(0, 0);
  }

  // Something of the picture always stays in sight.
  pan(dx, dy) {
    const keep = 48;
    this.x = clamp(Math.round(this.x + dx), keep - this.columns * this.scale, this.width - keep);
    this.y = clamp(Math.round(this.y + dy), keep - this.rows * this.scale, this.height - keep);
    if (dx || dy) this.fitted = false;
  }

  // The cell {row, column} at a point, or null outside.
  cell(x, y) {
    const column = Math.floor((x - this.x) / this.scale);
    const row = Math.floor((y - this.y) / this.scale);
    return row >= 0 && column >= 0 && row < this.rows && column < this.columns ? { row, column } : null;
  }

  // Moves a cell into sight.
  reveal(row, column) {
    const [x, y] = [this.x + (column + 0.5) * this.scale, this.y + (row + 0.5) * this.scale];
    const inside = x >= 0 && y >= 0 && x < this.width && y < this.height;
    if (!inside) this.pan(this.width / 2 - x, this.height / 2 - y);
  }

  // The tile worth asking for: everything if it is not much more than what is visible. Its rows and columns count
  // what is sent, every `stride`-th cell.
  tile() {
    if (!this.rows) return { top: 0, left: 0, rows: cells(this.height), columns: cells(this.width), stride: 1 };
    const stride = Math.max(1, Math.round(1 / this.scale));
    const [top, bottom] = this.span(-this.y, this.height, this.rows, stride);
    const [left, right] = this.span(-this.x, this.width, this.columns, stride);
    const rows = cells((bottom - top) / stride);
    return { top, left, rows, columns: cells((right - left) / stride), stride };
  }

  span(start, length, limit, stride) {
    if (limit * this.scale <= 1.5 * length) return [0, limit];
    const low = Math.floor((start - SPARE * length) / this.scale / stride) * stride;
    const high = Math.ceil((start + (1 + SPARE) * length) / this.scale);
    return [clamp(low, 0, limit - 1), clamp(high, 1, limit)];
  }

  // Whether a tile shows everything visible, as finely as it can be seen.
  covered(tile) {
    const stride = Math.max(1, Math.round(1 / this.scale));
    if (tile.stride !== stride) return false;
    const within = (start, length, low, n, limit) =>
      clamp(Math.floor(start / this.scale), 0, limit) >= low &&
      clamp(Math.ceil((start + length) / this.scale), 0, limit) <= low + n * stride;
    return within(-this.y, this.height, tile.top, tile.rows, this.rows) &&
      within(-this.x, this.width, tile.left, tile.columns, this.columns);
  }
}

// From two pixels on cells are whole pixels; a zoom always gets to the next.
function snapped(scale, factor) {
  if (scale < 2) return scale;
  return factor > 1 ? Math.ceil(scale - 1e-9) : Math.floor(scale + 1e-9);
}

function cells(n) {
  return clamp(Math.ceil(n), 1, MOST);
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
