// What every page is held to, told as lists of what is wrong. Evaluated in the page by auditing.py.
(() => {
  const parsed = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+(e-?\d+)?/g)?.map(Number) ?? [0, 0, 0, 0];
    return text.startsWith("color(srgb") ? [255 * red, 255 * green, 255 * blue, alpha] : [red, green, blue, alpha];
  };
  const over = (front, back) => [0, 1, 2].map((at) => front[3] * front[at] + (1 - front[3]) * back[at]).concat(1);
  const light = ([red, green, blue]) => [red, green, blue]
    .map((value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  // What lies behind an element: the grounds of those around it, one over the other, down to the page's own.
  const ground = (element) => {
    const grounds = [];
    for (let each = element; each; each = each.parentElement) {
      const colour = parsed(getComputedStyle(each).backgroundColor);
      grounds.push(colour);
      if (colour[3] === 1) break;
    }
    return grounds.reverse().reduce((back, front) => over(front, back), [255, 255, 255, 1]);
  };
  const faded = (element) => {
    let share = 1;
    for (let each = element; each; each = each.parentElement) share *= Number(getComputedStyle(each).opacity);
    return share;
  };
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  };
  const told = (element) => `<${element.tagName.toLowerCase()} class="${element.getAttribute("class") ?? ""}"> ${(element.textContent || element.placeholder || "").trim().slice(0, 40)}`;
  const written = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());

  // Text that stands out too little from what lies behind it; what is switched off may step back.
  const pale = () => {
    const found = [];
    const judge = (element, style) => {
      const back = ground(element);
      const [red, green, blue, alpha] = parsed(element instanceof SVGElement ? style.fill : style.color);
      const share = contrast(over([red, green, blue, alpha * faded(element)], back), back);
      if (share < 4.5) found.push(`${share.toFixed(2)} ${told(element)}`);
    };
    for (const element of document.body.querySelectorAll("*")) {
      if (!seen(element) || element.matches(":disabled, :disabled *, noscript, option")) continue;
      if (element.placeholder && !element.value) judge(element, getComputedStyle(element, "::placeholder"));
      else if (written(element) || element.matches("input, select, textarea")) judge(element, getComputedStyle(element));
    }
    return [...new Set(found)];
  };

  const wide = () => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    const beyond = [...document.body.querySelectorAll("*")].filter((element) => seen(element) && element.getBoundingClientRect().right > room + 1);
    return [`the page is ${document.documentElement.scrollWidth} wide, the window ${room}`, ...beyond.slice(0, 5).map(told)];
  };

  const moving = () => {
    const still = (style) => style.transitionDuration.split(", ").every((time) => parseFloat(time) === 0) && style.animationName === "none";
    const found = [...document.querySelectorAll("*")].filter((element) => !still(getComputedStyle(element))).map(told);
    return [...document.getAnimations().map((each) => `runs: ${told(each.effect.target)}`), ...found];
  };
  return { pale: pale(), wide: wide(), moving: matchMedia("(prefers-reduced-motion: reduce)").matches ? moving() : [] };
})();
