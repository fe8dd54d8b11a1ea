// Pointer, wheel and pinch on a picture: drag pans, wheel and pinch zoom about the pointer, a click picks.

const CLICK = 5; // device pixels that a click may wander
const WHEEL = 1.0016; // zoom for each pixel of a wheel's turn

// `does` is {zoom(factor, x, y), pan(dx, dy), hover(x, y) | hover(null), pick(x, y)}, in device pixels of the canvas.
export function gestures(canvas, does) {
  const pointers = new Map();
  let wandered = 0;

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / Math.max(1, box.width);
    return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio };
  };

  const down = (event) => {
    if (event.button) return;
    if (pointers.size === 0) wandered = 0;
    pointers.set(event.pointerId, at(event));
    canvas.setPointerCapture(event.pointerId);
  };

  const move = (event) => {
    const now = at(event);
    const before = pointers.get(event.pointerId);
    if (before) follow(event.pointerId, before, now);
    else does.hover(now.x, now.y);
  };

  const follow = (id, before, now) => {
    const other = [...pointers].find(([each]) => each !== id)?.[1];
    wandered += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    pointers.set(id, now);
    if (other) {
      const factor = apart(now, other) / Math.max(1, apart(before, other));
      does.zoom(factor, (now.x + other.x) / 2, (now.y + other.y) / 2);
      wandered = Infinity;
    }
    if (wandered > CLICK) does.pan((now.x - before.x) / pointers.size, (now.y - before.y) / pointers.size);
  };

  const up = (event) => {
    const known = pointers.delete(event.pointerId);
    if (known && event.type === "pointerup" && wandered <= CLICK) does.pick(at(event).x, at(event).y);
  };

  const wheel = (event) => {
    event.preventDefault();
    const { x, y } = at(event);
    does.zoom(WHEEL ** -(event.deltaY * (event.deltaMode ? 30 : 1)), x, y);
  };

  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => does.hover(null));
  canvas.addEventListener("wheel", wheel, { passive: false });
}

function apart(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
