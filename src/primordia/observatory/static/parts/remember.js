// What this browser remembers of somebody's choices: theme, palette, sizes. A page from a file may have no such memory.

const PREFIX = "primordia.";

export function recall(name, fallback) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Kept until the page closes, then: nothing depends on it.
  }
}
