// Schemes of colours for indexed pictures. "house" is the palette as it is declared; the others keep its order from
// dark to light and take their hues from sets that survive colour blindness, or none at all.

import { keep, recall } from "../parts/remember.js";

export const schemes = ["house", "tol", "okabe", "grey"];
export const schemeNames = {
  house: "as declared",
  tol: "muted, after Paul Tol (colour-blind safe)",
  okabe: "bright, after Okabe and Ito (colour-blind safe)",
  grey: "grey",
};
export const shortNames = { house: "usual", tol: "muted", okabe: "bright", grey: "grey" };

// Each from dark to light, so that neighbours differ in lightness as well as in hue.
const SETS = {
  tol: ["#332288", "#882255", "#117733", "#aa4499", "#cc6677", "#999933", "#44aa99", "#88ccee", "#ddcc77", "#eeeeee"],
  okabe: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#ffffff"],
  grey: ["#484848", "#ffffff"],
};

// For scales that go two ways from a middle: they keep their order, from the first colour to the last.
const TWO_WAYS = {
  tol: ["#762a83", "#af8dc3", "#e7d4e8", "#f7f7f7", "#d9f0d3", "#7fbf7b", "#1b7837"],
  okabe: ["#a04600", "#d55e00", "#f0b890", "#ffffff", "#90c0e0", "#0072b2", "#004b76"],
  grey: ["#202020", "#ffffff"],
};
const LEAST_ARM = 3; // colours on either side of the middle
const LEAST_SCALE = 8;

const DARK = 24; // of 255
const MOST_DARK = 2;

const listeners = new Set();
let chosen = null;

export function current() {
  if (!chosen) chosen = recall("palette", "house");
  return schemes.includes(chosen) ? chosen : "house";
}

export function choose(name) {
  chosen = name;
  keep("palette", name);
  for (const listener of listeners) listener(current());
}

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// The colours of a palette [[meaning, "#rrggbb"], …] as bytes r, g, b of each entry in order.
export function colours(palette, scheme = current()) {
  const declared = palette.map((entry) => channels(entry[1]));
  return Uint8Array.from((scheme === "house" ? declared : recoloured(declared, scheme)).flat());
}

export function css(rgb, index) {
  return `rgb(${rgb[3 * index]} ${rgb[3 * index + 1]} ${rgb[3 * index + 2]})`;
}

export function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function recoloured(declared, scheme) {
  const scale = twoWays(declared);
  if (!scale) return spread(declared, SETS[scheme].map(channels), scheme === "grey");
  const set = TWO_WAYS[scheme].map(channels);
  const [first, last] = scale;
  return declared.map((rgb, index) => (index < first || index > last ? rgb : between(set, ((index - first) / (last - first)) * (set.length - 1))));
}

// The first and last entry of a scale that goes two ways: lightness rises to a middle and falls again, or the reverse.
function twoWays(declared) {
  const light = declared.map(lightness);
  for (const sign of [1, -1]) {
    for (let first = 0; first + LEAST_SCALE <= light.length; first++) {
      let middle = first;
      while (middle + 1 < light.length && sign * (light[middle + 1] - light[middle]) > 0) middle++;
      let last = middle;
      while (last + 1 < light.length && sign * (light[last + 1] - light[last]) < 0) last++;
      const arms = [middle - first, last - middle];
      if (Math.min(...arms) >= LEAST_ARM && last - first + 1 >= LEAST_SCALE) return evened(first, middle, last);
    }
  }
  return null;
}

// Arms are of one length; what looks like one or two further steps is something else, such as "no value".
function evened(first, middle, last) {
  const over = last - middle - (middle - first);
  if (Math.abs(over) > 2) return [first, last];
  return over > 0 ? [first, last - over] : [first - over, last];
}

// The entry of the k-th lightness gets the k-th colour of the set; between two colours of it where they do not suffice.
// A nearly black ground, and what lies outside it, stay as they are.
function spread(declared, set, smooth) {
  const shown = declared.map((each) => each);
  const dark = declared.filter((each) => lightness(each) < DARK).length;
  const ranked = declared.map((_, index) => index).filter((index) => dark > MOST_DARK || lightness(declared[index]) >= DARK);
  ranked.sort((a, b) => lightness(declared[a]) - lightness(declared[b]) || a - b);
  ranked.forEach((index, rank) => {
    const at = ranked.length > 1 ? (rank / (ranked.length - 1)) * (set.length - 1) : set.length - 1;
    shown[index] = smooth || ranked.length > set.length ? between(set, at) : set[Math.round(at)];
  });
  return shown;
}

function between(set, at) {
  const low = Math.floor(at);
  const high = Math.min(low + 1, set.length - 1);
  return set[low].map((value, channel) => Math.round(value + (set[high][channel] - value) * (at - low)));
}

function lightness([red, green, blue]) {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
