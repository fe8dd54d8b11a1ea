// How large an export will be, about: from two pictures of it, packed here as they would be there.

import { grouped } from "../parts/numbers.js";

const PAGE = 650e3; // a shared file without its recording
const MOST_PAGE = 20e6;
const CURVE = 4e3; // a picture's share of what a curve adds
const WAIT = 8000;
// Larger cells pack better, but not for nothing: measured on soups, from 64 to 1,024 cells wide, 1 to 8 pixels to a cell.
const GROWTH = { png: 0.75, gif: 1.35, svg: 0 };
const RECTANGLE = 13; // bytes of one in a drawing

// A sentence.
export async function estimate(link, { answer }, request) {
  const { form, views, first, last, every, scale } = request;
  const pictures = form === "png" || form === "svg" ? 1 : Math.floor((last - first) / every) + 1 + ((last - first) % every ? 1 : 0);
  const shown = views.filter(({ view }) => view);
  const samples = await Promise.all(shown.map((part) => sampled(link, answer.run, part, pictures > 1 ? [first, last] : [first], form)));
  const { rows, columns } = samples[0];
  const size = `${grouped(columns * scale)} × ${grouped(rows * scale)} pixels`;
  const what = pictures > 1 ? `${grouped(pictures)} pictures of ${form === "html" ? `${grouped(columns)} × ${grouped(rows)} cells` : size}` : `A picture of ${size}`;
  const packed = samples.reduce((sum, each) => sum + each.bytes, 0);
  if (form === "html") return `${what}, ${aboutPage(PAGE + (pictures * packed * 4) / 3)}`;
  if (!(form in GROWTH)) return `${what}.`;
  const curves = (views.length - shown.length) * CURVE;
  return `${what}, about ${inBytes(pictures * (packed * scale ** GROWTH[form] + curves))}.`;
}

function aboutPage(bytes) {
  if (bytes <= MOST_PAGE) return `at most about ${inBytes(bytes)} in one file.`;
  return `at most about ${inBytes(bytes)}: fewer pictures will be kept, so that the file stays below ${inBytes(MOST_PAGE)}.`;
}

export function inBytes(n) {
  return n < 1e5 ? `${Math.max(1, Math.round(n / 1000))} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

// Rows and columns of a part of a view, and the mean of its packed bytes at some steps.
async function sampled(link, run, part, steps, form) {
  const frames = await Promise.all(steps.map((step) => frameOf(link, run, part, step)));
  const sizes = await Promise.all(frames.map((frame) => (form === "svg" ? drawnSize(frame) : packedSize(frame))));
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  return { rows: frames[0].rows, columns: frames[0].columns, bytes: mean };
}

function frameOf(link, run, { view, top = 0, left = 0, rows = 0, columns = 0, stride = 1 }, step) {
  return new Promise((resolve, reject) => {
    const settle = (how) => (value) => { clearTimeout(timer); looking.close(); how(value); };
    const refused = settle((sentence) => reject(new Error(sentence)));
    const timer = setTimeout(() => refused("How large it will be is not known before it is made."), WAIT);
    const looking = link.look({ run, view, step, top, left, rows, columns, stride }, settle(resolve), refused);
  });
}

function drawnSize({ pixels, columns }) {
  let n = 1;
  for (let at = 1; at < pixels.length; at++) if (pixels[at] !== pixels[at - 1] || at % columns === 0) n++;
  return n * RECTANGLE;
}

async function packedSize({ pixels }) {
  const packed = new Blob([pixels]).stream().pipeThrough(new CompressionStream("deflate"));
  return (await new Response(packed).arrayBuffer()).byteLength;
}
