// A recording as recording.py packs it: a header, and for each view pictures that stand by themselves or tell the
// difference to the one before.

const MAGIC = "primrec\n";
const CHANGE = 1;

export class Recording {
  // `bytes` is a Uint8Array; throws a sentence where it is no recording.
  constructor(bytes) {
    if (String.fromCharCode(...bytes.subarray(0, MAGIC.length)) !== MAGIC) throw new Error("This file holds no recording.");
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
    const first = MAGIC.length + 4;
    this.header = JSON.parse(new TextDecoder().decode(bytes.subarray(first, first + length)));
    this.pictures = bytes.subarray(first + length);
    this.last = new Map();
    const all = Object.values(this.header.views).flatMap((entries) => entries.map(([step]) => step));
    this.steps = [...new Set(all)].sort((one, other) => one - other);
  }

  views() {
    return Object.keys(this.header.views);
  }

  along(step, n = 0) {
    const at = Math.max(0, before(this.steps, step, (each) => each));
    return this.steps[Math.min(this.steps.length - 1, Math.max(0, at + n))];
  }

  // {step, revision, rows, columns, pixels} of a view at the last recorded step at or before `step`; null is the last.
  async frame(view, step) {
    const entries = this.header.views[view];
    if (!entries) throw new Error(`The view ${view} was not recorded; there is ${this.views().join(", ")}.`);
    const number = step === null ? entries.length - 1 : Math.max(0, before(entries, step, (entry) => entry[0]));
    return this.picture(view, entries, number);
  }

  // All pictures of a view in order, for `visit(step, pixels, columns)`.
  async each(view, visit) {
    const entries = this.header.views[view];
    for (let number = 0; number < entries.length; number++) {
      const { step, pixels, columns } = await this.picture(view, entries, number);
      visit(step, pixels, columns);
    }
  }

  // From the picture unpacked last where that lies on the way, else from the last one that stands by itself.
  async picture(view, entries, number) {
    const known = this.last.get(view);
    let at = number;
    while (entries[at][4] === CHANGE && at !== known?.number) at--;
    let pixels = at === known?.number ? known.pixels : await this.unpacked(entries[at]);
    while (at < number) {
      at++;
      const change = await this.unpacked(entries[at]);
      if (entries[at][4] === CHANGE) for (let cell = 0; cell < change.length; cell++) change[cell] ^= pixels[cell];
      pixels = change;
    }
    this.last.set(view, { number, pixels });
    const [step, revision, rows, columns] = entries[number];
    return { step, revision, rows, columns, pixels };
  }

  async unpacked([, , , , , at, length]) {
    const packed = new Blob([this.pictures.subarray(at, at + length)]).stream();
    return new Uint8Array(await new Response(packed.pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
  }
}

// The number of the last of `entries`, ascending, that is at or before `step`; -1 where none is.
function before(entries, step, stepOf) {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stepOf(entries[middle]) <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
