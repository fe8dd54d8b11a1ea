// Fewer points that draw the same line: of every stretch its least and its greatest, in order.

// The index of the last x that is at most `wanted`, or -1. `xs` rises.
export function lastAt(xs, wanted) {
  let low = 0, high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// The indices to draw of a line within [from, to], at most about two for each of `stretches`; missing values are left
// out. One point beyond either edge is kept, so that the line leaves the panel and does not end at its edge.
export function thinned(xs, ys, from, to, stretches) {
  const first = Math.max(0, lastAt(xs, from));
  const last = Math.min(xs.length - 1, lastAt(xs, to) + 1);
  const kept = [];
  if (last - first < 2 * stretches) {
    for (let at = first; at <= last; at++) if (ys[at] !== null) kept.push(at);
    return kept;
  }
  const length = (last - first + 1) / stretches;
  for (let stretch = 0; stretch < stretches; stretch++) {
    const begin = first + Math.floor(stretch * length);
    const end = first + Math.floor((stretch + 1) * length);
    let least = -1, most = -1;
    for (let at = begin; at < end; at++) {
      if (ys[at] === null) continue;
      if (least < 0 || ys[at] < ys[least]) least = at;
      if (most < 0 || ys[at] > ys[most]) most = at;
    }
    if (least < 0) continue;
    kept.push(Math.min(least, most));
    if (least !== most) kept.push(Math.max(least, most));
  }
  return kept;
}
