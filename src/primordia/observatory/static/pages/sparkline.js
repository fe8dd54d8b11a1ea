// A run's course as a line of the size of a word.

import { draw } from "../parts/made.js";

const WIDTH = 84, HEIGHT = 20;

export function sparkline(values) {
  const known = values.filter((value) => typeof value === "number" && Number.isFinite(value));
  const picture = draw("svg", { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true" });
  if (known.length < 2) return picture;
  const low = Math.min(...known), high = Math.max(...known);
  const x = (at) => 1.5 + (WIDTH - 5) * at / (known.length - 1);
  const y = (value) => (high > low ? HEIGHT - 3 - (HEIGHT - 6) * (value - low) / (high - low) : HEIGHT / 2);
  const points = known.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  picture.append(draw("polyline", { points }), draw("circle", { cx: x(known.length - 1), cy: y(known.at(-1)), r: 1.8 }));
  return picture;
}
