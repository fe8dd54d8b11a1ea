// Elements in one expression: make("button", { class: "button", on: { click: start } }, "Start").

const SVG = "http://www.w3.org/2000/svg"; // a name, not an address: nothing is fetched from it

function fill(element, facts, children) {
  for (const [key, value] of Object.entries(facts)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") {
      for (const [kind, listener] of Object.entries(value)) element.addEventListener(kind, listener);
    } else if (key === "style") {
      for (const [name, text] of Object.entries(value)) element.style.setProperty(name, text);
    } else {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// An HTML element. `facts` are attributes, with two words of their own: `on` {event: listener}, `style` {property: text}.
// Children are elements, texts, or lists of them; null and false are left out.
export function make(tag, facts = {}, ...children) {
  return fill(document.createElement(tag), facts, children);
}

// The same for SVG.
export function draw(tag, facts = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), facts, children);
}

// A button that looks like one. `does` is called with the event.
export function button(label, does, facts = {}) {
  const { class: classes = "button", ...others } = facts;
  return make("button", { type: "button", class: classes, ...others, on: { click: does } }, label);
}

// Copies text, and says so on the button for a moment; where the browser forbids it, it selects `shown` for the hand.
export async function copyText(text, from, shown = null) {
  const label = from.textContent;
  try {
    await navigator.clipboard.writeText(text);
    from.textContent = "copied";
  } catch {
    if (shown) getSelection().selectAllChildren(shown);
    from.textContent = shown ? "selected: copy it by hand" : "the browser forbids copying";
  }
  setTimeout(() => { from.textContent = label; }, 1500);
}
