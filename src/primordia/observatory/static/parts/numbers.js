// How numbers are written: short enough for a glance, whole where it matters.

const THIN = "\u202f";

// A metric, a cell, a tick: four digits are enough to tell values apart.
export function written(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return grouped(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2).replace("e+", "e").replace("-", "−");
  return minus(String(Number(value.toPrecision(4))));
}

// A whole number with thin gaps from 10 000 on.
export function grouped(value) {
  const digits = String(Math.abs(Math.round(value)));
  const text = digits.length > 4 ? digits.replace(/\B(?=(\d{3})+$)/g, THIN) : digits;
  return value < 0 ? `−${text}` : text;
}

// "3 bits/byte", and plain "3" for what has no dimension.
export function withUnit(value, unit) {
  return hasUnit(unit) ? `${written(value)} ${unit}` : written(value);
}

export function hasUnit(unit) {
  return Boolean(unit) && unit !== "dimensionless";
}

// The words of a name: "high_order_complexity" reads "high order complexity".
export function spoken(name) {
  return name.replaceAll("_", " ");
}

// When something was, as people say it.
export function ago(time) {
  const then = Date.parse(time);
  if (Number.isNaN(then)) return "";
  const seconds = Math.max(0, (Date.now() - then) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 30 * 86400) return `${Math.floor(seconds / 86400)} d ago`;
  return new Date(then).toISOString().slice(0, 10);
}

function minus(text) {
  return text.replace("-", "−");
}
