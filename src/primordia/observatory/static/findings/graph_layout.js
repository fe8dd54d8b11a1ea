// Where the nodes of a graph stand: generations in rows, or all of them in a circle.

const ROW = 78, NARROWEST = 30, WIDEST = 130, EDGE_ROOM = 34, LABEL_ROOM = 120;
export const NAMED_UP_TO = 16; // nodes of a circle, however close

// For each node its arrows: name -> {into: [names], out: [names]}.
export function arrows(nodes, edges) {
  const found = new Map(nodes.map((node) => [node.name, { into: [], out: [] }]));
  for (const { source, target } of edges) {
    if (source === target) continue;
    found.get(source).out.push(target);
    found.get(target).into.push(source);
  }
  return found;
}

// The nodes that can be reached without passing through a folded one. Every node counts as reachable that has no arrow
// into it, or that nothing else reaches (a ring has no beginning).
export function visible(nodes, ties, folded) {
  const everything = reached(nodes, ties, new Set());
  return reached(nodes, ties, folded, everything.begins).seen;
}

function reached(nodes, ties, folded, known = null) {
  const seen = new Set(), begins = [];
  const walk = (name) => {
    const open = [name];
    while (open.length) {
      const next = open.pop();
      if (seen.has(next)) continue;
      seen.add(next);
      if (!folded.has(next)) open.push(...ties.get(next).out);
    }
  };
  const first = known ?? nodes.filter((node) => !ties.get(node.name).into.length).map((node) => node.name);
  for (const name of first) { begins.push(name); walk(name); }
  if (!known) for (const { name } of nodes) if (!seen.has(name)) { begins.push(name); walk(name); }
  return { seen, begins };
}

// Rows of generations: {places: name -> [x, y], width, height}. `room` is the width at hand; it may take more.
export function layered(nodes, ties, room) {
  const rows = generations(nodes, ties);
  for (let sweep = 0; sweep < 4; sweep++) uncross(rows, ties, sweep % 2 === 0 ? "into" : "out");
  const most = Math.max(...rows.map((row) => row.length));
  const apart = Math.max(NARROWEST, Math.min(WIDEST, (room - 2 * EDGE_ROOM) / most));
  const width = Math.max(room, most * apart + 2 * EDGE_ROOM);
  const places = new Map();
  rows.forEach((row, y) => row.forEach((name, x) => {
    const left = (width - row.length * apart) / 2;
    places.set(name, [left + (x + 0.5) * apart, EDGE_ROOM + y * ROW]);
  }));
  return { places, width, height: (rows.length - 1) * ROW + 2 * EDGE_ROOM, apart };
}

// The longest way from a beginning; arrows that lead back to where one came from do not count.
function generations(nodes, ties) {
  const depth = new Map(), onWay = new Set();
  const deepest = (name) => {
    if (depth.has(name)) return depth.get(name);
    onWay.add(name);
    const before = ties.get(name).into.filter((from) => ties.has(from) && !onWay.has(from)).map(deepest);
    onWay.delete(name);
    depth.set(name, before.length ? Math.max(...before) + 1 : 0);
    return depth.get(name);
  };
  const rows = [];
  for (const { name } of nodes) (rows[deepest(name)] ??= []).push(name);
  return rows.filter(Boolean);
}

// Puts each node of a row near the middle of those it hangs together with in the row before.
function uncross(rows, ties, way) {
  const order = way === "into" ? rows : [...rows].reverse();
  const at = new Map(rows.flatMap((row) => row.map((name, place) => [name, place / row.length])));
  for (const row of order) {
    const middle = new Map(row.map((name) => {
      const known = ties.get(name)[way].filter((other) => at.has(other)).map((other) => at.get(other));
      return [name, known.length ? known.reduce((sum, each) => sum + each, 0) / known.length : at.get(name)];
    }));
    row.sort((one, other) => middle.get(one) - middle.get(other));
    row.forEach((name, place) => at.set(name, place / row.length));
  }
}

// A circle, the first node on top, the rest clockwise.
export function circle(nodes, room) {
  const named = nodes.length <= NAMED_UP_TO;
  const most = named ? room / 2 - LABEL_ROOM : Math.max(150, room / 2 - LABEL_ROOM);
  const radius = Math.max(90, Math.min(Math.max(nodes.length * 11, room / 6), most));
  const width = Math.max(room, 2 * radius + (named ? LABEL_ROOM : 60)), height = 2 * radius + 90;
  const places = new Map(nodes.map((node, place) => {
    const angle = 2 * Math.PI * place / nodes.length - Math.PI / 2;
    return [node.name, [width / 2 + radius * Math.cos(angle), height / 2 + radius * Math.sin(angle)]];
  }));
  return { places, width, height, apart: 2 * Math.PI * radius / nodes.length };
}
