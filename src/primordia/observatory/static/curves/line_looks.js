// How lines are told apart: by colour, and by dashes for eyes that see no colour. The orders follow the scheme of
// palettes.js; both coloured ones stay apart for the common kinds of colour blindness.

import { current, onChange } from "../picture/palettes.js";
import { onTheme, theme } from "../parts/theme.js";

const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [12, 4], [4, 2, 1, 2]];
const ORDERS = {
  // After Okabe and Ito, lighter on dark ground and darker on light ground so that each line stands 3:1 against it.
  house: {
    dark: ["#56b4e9", "#f0a02c", "#2fbf92", "#df8fbc", "#e8743b", "#f0e442"],
    light: ["#0072b2", "#c25400", "#007d5b", "#a8437f", "#8f6a00", "#1b6f9e"],
  },
  // After Paul Tol's bright scheme, with the same care.
  tol: {
    dark: ["#6d9fdc", "#ee7788", "#45a857", "#d6c64c", "#66ccee", "#cf6ab0"],
    light: ["#3d6fa3", "#c9435a", "#1f7a2e", "#877b14", "#1f7fa3", "#9a2d6c"],
  },
  grey: {
    dark: ["#f2f4f8", "#c3c9d4", "#9aa3b2", "#dfe3ea", "#aeb6c4", "#848d9d"],
    light: ["#14181f", "#4a5261", "#6b7482", "#2b313c", "#5a6371", "#7a8391"],
  },
};

// The look of line number `place` of a panel: {colour, dash, width}. The first is the one to look at: solid and broad.
export function lookOf(place) {
  const order = (ORDERS[current()] ?? ORDERS.house)[theme()];
  const broad = place === 0 ? 2 : 1.5;
  return { colour: order[place % order.length], dash: DASHES[place % DASHES.length], width: broad };
}

// Calls `listener` whenever colours change, theme or scheme; returns how to stop.
export function onLooks(listener) {
  const stops = [onTheme(listener), onChange(listener)];
  return () => stops.forEach((stop) => stop());
}
