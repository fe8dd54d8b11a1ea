// Colours of numbers: one way from dark to light, or two ways about a middle. Both survive colour blindness, and their
// lightness alone tells the order.

import { current } from "./palettes.js";

const ONE_WAY = ["#0d1640", "#20407a", "#1d6f8f", "#2f9a86", "#7cbf5e", "#d8d34a", "#fdf6b0"];
const GREYS = ["#16181d", "#f4f5f7"];
// Blue below the middle, orange above, light between: the two ends differ in hue for every kind of eye.
const TWO_WAYS = ["#123a86", "#3f7fcf", "#a9cdf0", "#f4f4f0", "#f3c391", "#d97a26", "#7d3804"];
const GREY_WAYS = ["#101114", "#5d636e", "#a8adb6", "#f4f4f4", "#a8adb6", "#5d636e", "#101114"];

// The scale of numbers between `low` and `high`: {low, high, colour(value) -> [red, green, blue]}. About a `centre` the
// ends lie equally far from it, unless `fixed` [low, high] says where they are.
export function scaleOf(values, centre, fixed) {
  let [low, high] = fixed ?? extent(values);
  if (!fixed && centre !== null && centre !== undefined) {
    const reach = Math.max(high - centre, centre - low) || 1;
    [low, high] = [centre - reach, centre + reach];
  }
  const two = centre !== null && centre !== undefined;
  const grey = current() === "grey";
  const anchors = (two ? (grey ? GREY_WAYS : TWO_WAYS) : grey ? GREYS : ONE_WAY).map(channels);
  const share = (value) => {
    if (!two) return high > low ? (value - low) / (high - low) : 0.5;
    return value < centre ? 0.5 * (value - low) / (centre - low || 1) : 0.5 + 0.5 * (value - centre) / (high - centre || 1);
  };
  return { low, high, colour: (value) => between(anchors, Math.max(0, Math.min(1, share(value)))) };
}

// Black or white, whichever can be read on a colour.
export function inkOn([red, green, blue]) {
  const linear = [red, green, blue].map((each) => (each / 255 <= 0.04045 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179 ? "#000000" : "#ffffff";
}

export function rgb([red, green, blue]) {
  return `rgb(${red}, ${green}, ${blue})`;
}

function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function between(anchors, share) {
  const at = share * (anchors.length - 1);
  const first = Math.min(anchors.length - 2, Math.floor(at));
  return anchors[first].map((value, channel) => Math.round(value + (anchors[first + 1][channel] - value) * (at - first)));
}
