// Dark or light: as the system asks until somebody chooses. Canvases read `ink(name)` and draw again on `onTheme`.

import { keep, recall } from "./remember.js";

const listeners = new Set();
const light = matchMedia("(prefers-color-scheme: light)");

export function theme() {
  return recall("theme", light.matches ? "light" : "dark");
}

export function applyTheme() {
  document.documentElement.dataset.theme = theme();
  for (const listener of listeners) listener(theme());
}

export function toggleTheme() {
  keep("theme", theme() === "dark" ? "light" : "dark");
  applyTheme();
}

export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// The value of a colour variable, such as ink("accent") -> "#7cc4ff".
export function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

light.addEventListener("change", applyTheme);
