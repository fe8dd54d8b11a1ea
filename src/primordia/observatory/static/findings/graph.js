// A graph: generations from top to bottom, where a node folds away what comes from it, or a circle of nodes.

import { NAMED_UP_TO, arrows, circle, layered, visible } from "./graph_layout.js";
import { onLooks } from "../curves/line_looks.js";
import { draw, make } from "../parts/made.js";
import { written } from "../parts/numbers.js";
import { colours, css } from "../picture/palettes.js";

const NAMED_FROM = 58; // pixels between nodes from which on each has its name beside it
const LETTER = 6.6; // pixels of a letter of a name, about
const HEAVIEST = 5;
let drawnSoFar = 0;

// A finding {nodes: [{name, label, size, kind}], edges: [{source, target, weight, label}], palette, layered}.
export function render(finding) {
  const reading = make("output", { class: "graph-reading" });
  const holder = make("div", { class: "graph-holder" });
  const graph = {
    finding, holder, reading, folded: new Set(), focus: finding.nodes[0]?.name, tip: `tip-${++drawnSoFar}`,
    ties: arrows(finding.nodes, finding.edges),
    heaviest: Math.max(1e-12, ...finding.edges.map((edge) => Math.abs(edge.weight))),
  };
  const legend = make("ul", { class: "colour-legend" });
  const paint = () => { if (holder.clientWidth) drawGraph(graph, legend); };
  graph.paint = paint;
  new ResizeObserver(paint).observe(holder);
  const stop = onLooks(() => { if (!holder.isConnected) stop(); paint(); });
  const hint = finding.layered ? "Click a node to fold away what comes from it." : "Point at a node to see its arrows.";
  reading.textContent = hint;
  graph.hint = hint;
  return make("div", { class: "finding-graph" }, reading, holder, legend);
}

function drawGraph(graph, legend) {
  const { finding, ties, holder } = graph;
  const seen = finding.layered ? visible(finding.nodes, ties, graph.folded) : new Set(ties.keys());
  const nodes = finding.nodes.filter((node) => seen.has(node.name));
  const edges = finding.edges.filter((edge) => seen.has(edge.source) && seen.has(edge.target));
  const room = holder.clientWidth - 2;
  const inner = new Map([...ties].filter(([name]) => seen.has(name)));
  const laid = finding.layered ? layered(nodes, inner, room) : circle(nodes, room);
  const picture = draw("svg", { width: laid.width, height: laid.height, viewBox: `0 0 ${laid.width} ${laid.height}`, role: "group", "aria-label": finding.title }, arrowTip(graph));
  const rgb = colours(finding.palette);
  const lines = edges.map((edge) => arrow(graph, edge, laid));
  const named = laid.apart >= NAMED_FROM || nodes.length <= NAMED_UP_TO;
  const dots = nodes.map((node) => dot(graph, node, laid, css(rgb, node.kind), named));
  picture.append(...lines.map((line) => line.element), ...dots.map((each) => each.element));
  listen(graph, lines, dots);
  const hadFocus = holder.contains(document.activeElement);
  holder.replaceChildren(picture);
  if (hadFocus) dots.find((each) => each.node.name === graph.focus)?.element.focus();
  const kinds = [...new Set(finding.nodes.map((node) => node.kind))].sort((one, other) => one - other);
  legend.replaceChildren(...kinds.map((kind) => make("li", {}, make("i", { class: "swatch round", style: { background: css(rgb, kind) } }), finding.palette[kind][0])));
}

function arrowTip({ tip }) {
  const head = draw("marker", { id: tip, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto" }, draw("path", { d: "M0 0.5 L8 4 L0 7.5 z", class: "graph-tip" }));
  return draw("defs", {}, head);
}

function arrow(graph, edge, { places }) {
  const [fromX, fromY] = places.get(edge.source), [toX, toY] = places.get(edge.target);
  const target = graph.finding.nodes.find((node) => node.name === edge.target);
  const width = 0.8 + (HEAVIEST - 0.8) * Math.abs(edge.weight) / graph.heaviest * (graph.finding.edges.length > 150 ? 0.5 : 1);
  const path = edge.source === edge.target ? loop(fromX, fromY) : bent(fromX, fromY, toX, toY, radius(target) + 3, graph.finding.layered);
  const element = draw("path", { d: path, class: "graph-arrow", "stroke-width": width.toFixed(2), "marker-end": `url(#${graph.tip})` });
  if (edge.weight < 0) element.setAttribute("stroke-dasharray", "5 3");
  return { edge, element };
}

// A slight bow, so that there and back are two lines; it ends where the node begins.
function bent(fromX, fromY, toX, toY, short, straight) {
  const length = Math.hypot(toX - fromX, toY - fromY) || 1;
  const bow = straight ? 0 : Math.min(26, length / 7);
  const overX = (fromX + toX) / 2 - (toY - fromY) / length * bow, overY = (fromY + toY) / 2 + (toX - fromX) / length * bow;
  const last = Math.hypot(toX - overX, toY - overY) || 1;
  const endX = toX - (toX - overX) / last * short, endY = toY - (toY - overY) / last * short;
  return `M${fromX} ${fromY} Q${overX} ${overY} ${endX} ${endY}`;
}

function loop(x, y) {
  return `M${x - 5} ${y - 8} C${x - 24} ${y - 38} ${x + 24} ${y - 38} ${x + 6} ${y - 11}`;
}

function radius(node) {
  return Math.max(4, Math.min(16, 7 * Math.sqrt(node.size)));
}

function dot(graph, node, laid, colour, named) {
  const [x, y] = laid.places.get(node.name);
  const size = radius(node);
  const hides = graph.folded.has(node.name);
  const facts = { class: `graph-node ${hides ? "folded" : ""}`, tabindex: node.name === graph.focus ? 0 : -1, role: graph.finding.layered ? "button" : "img", "aria-label": described(graph, node) };
  if (graph.finding.layered) facts["aria-expanded"] = String(!hides);
  const element = draw("g", facts, draw("circle", { cx: x, cy: y, r: size + 8, class: "graph-reach" }), draw("circle", { cx: x, cy: y, r: size, fill: colour }));
  if (hides) element.append(draw("text", { x, y: y + 4, "text-anchor": "middle", class: "graph-more" }, "+"));
  if (named) element.append(nameOf(graph, node, laid, x, y, size));
  return { node, element, x, y };
}

function nameOf({ finding }, node, laid, x, y, size) {
  const most = Math.max(4, Math.floor(roomOf(finding, laid, x, size) / LETTER));
  const text = node.label.length > most ? `${node.label.slice(0, most - 1)}…` : node.label;
  if (finding.layered) return draw("text", { x, y: y + size + 12, "text-anchor": "middle" }, text);
  const right = x > laid.width / 2 + 5, middle = Math.abs(x - laid.width / 2) <= 5;
  const side = middle ? "middle" : right ? "start" : "end";
  const high = y < laid.height / 2 ? y - size - 6 : y + size + 14;
  return draw("text", { x: middle ? x : x + (right ? size + 5 : -size - 5), y: middle ? high : y + 4, "text-anchor": side }, text);
}

// What a name may take: the way to its neighbour, or from a circle to the edge, or over all of it at the top and foot.
function roomOf({ layered: rows }, { apart, width }, x, size) {
  if (rows) return apart;
  const aside = Math.abs(x - width / 2);
  return aside <= 5 ? width : width / 2 - aside - size - 8;
}

function described({ finding, ties }, node) {
  const { into, out } = ties.get(node.name);
  const kind = finding.palette[node.kind]?.[0];
  return [node.label || node.name, kind, `${into.length} in, ${out.length} out`].filter(Boolean).join(" · ");
}

function listen(graph, lines, dots) {
  const clear = () => {
    graph.holder.firstChild?.classList.remove("pointing");
    [...lines, ...dots].forEach((each) => each.element.classList.remove("lit"));
    graph.reading.textContent = graph.hint;
  };
  for (const each of dots) {
    const light = () => {
      clear();
      graph.holder.firstChild.classList.add("pointing");
      const mine = lines.filter(({ edge }) => edge.source === each.node.name || edge.target === each.node.name);
      const near = new Set([each.node.name, ...mine.flatMap(({ edge }) => [edge.source, edge.target])]);
      mine.forEach((line) => line.element.classList.add("lit"));
      dots.filter((other) => near.has(other.node.name)).forEach((other) => other.element.classList.add("lit"));
      graph.reading.textContent = described(graph, each.node);
    };
    const listeners = { pointerenter: light, pointerleave: clear, focus: () => { graph.focus = each.node.name; light(); }, blur: clear };
    for (const [kind, fn] of Object.entries(listeners)) each.element.addEventListener(kind, fn);
    each.element.addEventListener("click", () => fold(graph, each.node));
    each.element.addEventListener("keydown", (event) => keyed(graph, event, each, dots));
  }
  for (const { edge, element } of lines) {
    const names = new Map(graph.finding.nodes.map((node) => [node.name, node.label]));
    element.addEventListener("pointerenter", () => {
      clear();
      element.classList.add("lit");
      graph.reading.textContent = `${names.get(edge.source)} → ${names.get(edge.target)}: ${edge.label || written(edge.weight)}`;
    });
    element.addEventListener("pointerleave", clear);
  }
}

function fold(graph, node) {
  graph.focus = node.name;
  if (!graph.finding.layered || !graph.ties.get(node.name).out.length) return;
  if (!graph.folded.delete(node.name)) graph.folded.add(node.name);
  graph.paint();
}

// Arrows go to the nearest node that way; Enter and Space fold.
function keyed(graph, event, from, dots) {
  if (event.key === "Enter" || event.key === " ") {
    fold(graph, from.node);
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const ways = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const way = ways[event.key];
  if (!way) return;
  const far = ({ x, y }) => {
    const along = (x - from.x) * way[0] + (y - from.y) * way[1], across = Math.abs((x - from.x) * way[1]) + Math.abs((y - from.y) * way[0]);
    return along > 1 ? along + 2 * across : Infinity;
  };
  const next = dots.reduce((best, each) => (far(each) < far(best) ? each : best), from);
  if (next !== from && far(next) < Infinity) {
    from.element.setAttribute("tabindex", -1);
    next.element.setAttribute("tabindex", 0);
    next.element.focus();
  }
  event.preventDefault();
  event.stopPropagation();
}
