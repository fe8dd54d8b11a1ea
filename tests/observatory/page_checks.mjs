// What the page's modules without elements promise; test_page_modules.py runs this with the folder of modules.

import assert from "node:assert/strict";
import test from "node:test";

const folder = process.env.PAGE_MODULES;
const { Lens } = await import(`${folder}/picture/lens.js`);
const { changed, counts } = await import(`${folder}/picture/changes.js`);
const { Playing } = await import(`${folder}/run/playing.js`);
const { colours, schemes } = await import(`${folder}/picture/palettes.js`);
const { marksOf } = await import(`${folder}/run/timeline.js`);

function lens(width, height, rows, columns) {
  const made = new Lens();
  made.resize(width, height);
  made.measure(rows, columns);
  return made;
}

test("a fitted picture lies in the middle, with whole pixels to a cell", () => {
  const { scale, x, y } = lens(860, 526, 128, 128);
  assert.deepEqual([scale, x, y], [4, 174, 7]);
  assert.equal(lens(880, 526, 1024, 1024).scale, 0.5);
  assert.equal(lens(880, 526, 300, 300).scale, 526 / 300);
});

test("a large picture is asked for coarsely, and never more finely than it can be seen", () => {
  assert.deepEqual(lens(512, 512, 1024, 1024).tile(), { top: 0, left: 0, rows: 512, columns: 512, stride: 2 });
  assert.deepEqual(lens(512, 512, 8, 16).tile(), { top: 0, left: 0, rows: 8, columns: 16, stride: 1 });
});

test("zoom keeps the cell under the pointer where it is", () => {
  const made = lens(600, 600, 300, 300);
  const before = made.cell(150, 450);
  for (let i = 0; i < 7; i++) made.zoom(1.5, 150, 450);
  assert.deepEqual(made.cell(150, 450), before);
  assert.ok(made.scale >= 20 && Number.isInteger(made.scale));
});

test("what is visible after any walk is covered by the tile that is asked for", () => {
  let seed = 7;
  const chance = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
  for (let i = 0; i < 300; i++) {
    const made = lens(100 + 900 * chance(), 100 + 900 * chance(), 1 + Math.floor(3000 * chance()), 1 + Math.floor(3000 * chance()));
    for (let j = 0; j < 6; j++) {
      made.zoom(0.3 + 3 * chance(), 900 * chance(), 900 * chance());
      made.pan(2000 * chance() - 1000, 2000 * chance() - 1000);
    }
    const tile = made.tile();
    assert.ok(made.covered(tile), JSON.stringify({ ...made, tile }));
    assert.ok(tile.top + (tile.rows - 1) * tile.stride < made.rows && tile.left + (tile.columns - 1) * tile.stride < made.columns);
  }
});

test("cells outside the picture are none", () => {
  const made = lens(100, 100, 10, 10);
  assert.deepEqual(made.cell(0, 0), { row: 0, column: 0 });
  assert.equal(made.cell(-1, 5), null);
  assert.equal(made.cell(5, 100), null);
});

test("changes are found where two tiles overlap, and nowhere else", () => {
  const frame = (top, left, rows, columns, value) => ({
    top, left, rows, columns, stride: 2, view_rows: 20, view_columns: 20,
    pixels: Uint8Array.from({ length: rows * columns }, (_, at) => value(top + 2 * Math.floor(at / columns), left + 2 * (at % columns))),
  });
  const plain = (row, column) => (row * 7 + column * 3) % 5;
  const before = frame(0, 0, 5, 5, plain);
  const after = frame(4, 2, 5, 5, (row, column) => (row === 6 && column === 4 ? 9 : row > 10 ? 9 : plain(row, column)));
  const mask = changed(after, before);
  assert.deepEqual([...mask.keys()].filter((at) => mask[at]), [6]);
  assert.equal(changed(after, null), null);
  assert.equal(changed(after, { ...before, stride: 1 }), null);
  assert.deepEqual([...counts(frame(0, 0, 1, 3, (row, column) => column), 5)], [1, 0, 1, 0, 1]);
});

test("every scheme gives every entry a colour of its own and keeps the order of lightness", () => {
  const palette = ["#0b0f1a", "#46506b", "#f0e442", "#56b4e9", "#1f6fd0", "#e0602b", "#f4f7ff"].map((rgb, at) => [`m${at}`, rgb]);
  const light = (rgb, at) => 0.2126 * rgb[3 * at] + 0.7152 * rgb[3 * at + 1] + 0.0722 * rgb[3 * at + 2];
  const order = (rgb) => palette.map((_, at) => at).sort((a, b) => light(rgb, a) - light(rgb, b));
  const house = colours(palette, "house");
  assert.deepEqual([...house.slice(0, 3)], [0x0b, 0x0f, 0x1a]);
  for (const scheme of schemes) {
    const rgb = colours(palette, scheme);
    assert.equal(new Set(palette.map((_, at) => String(rgb.slice(3 * at, 3 * at + 3)))).size, palette.length, scheme);
    assert.deepEqual(order(rgb), order(house), scheme);
  }
});

test("a scale that goes two ways keeps its order in every scheme", () => {
  const reds = ["#b11226", "#c9494f", "#df8f8c", "#f2d5d3"], blues = ["#d3dbe9", "#8ea5cc", "#4d72ae", "#1d4a96"];
  const palette = [...reds, "#f8f8f6", ...blues, "#3a3d3f"].map((rgb, at) => [`m${at}`, rgb]);
  const light = (rgb, at) => rgb[3 * at] + rgb[3 * at + 1] + rgb[3 * at + 2];
  for (const scheme of ["tol", "okabe"]) {
    const rgb = colours(palette, scheme);
    for (let at = 0; at < 4; at++) assert.ok(light(rgb, at) < light(rgb, at + 1) && light(rgb, 8 - at) < light(rgb, 7 - at), scheme);
    const towards = (at) => Math.sign(rgb[3 * at] - rgb[3 * at + 2] + 0.5);
    assert.ok(scheme === "tol" || towards(0) !== towards(8));
    assert.deepEqual([...rgb.slice(27)], [0x3a, 0x3d, 0x3f]);
  }
  const grey = colours(palette, "grey");
  for (let at = 0; at < 8; at++) assert.ok(light(grey, at) < light(grey, at + 1));
});

function playing(facts) {
  const asked = [];
  const link = { readOnly: false, recorded: false, ask: async (kind, fields) => { asked.push([kind, fields.action ?? fields.run]); return {}; } };
  const answer = { run: "a", step: 100, mode: "playing", why: "", status: "running", live: true, begins_at: 10, ...facts };
  return [new Playing(link, answer), asked];
}

test("space steers a run at its newest step, goes on with one that was interrupted, and replays one that is over", async () => {
  const [live, asked] = playing({});
  await live.toggle();
  live.progress({ step: 100, steps_per_second: 0, mode: "paused", why: "" });
  await live.toggle();
  assert.deepEqual(asked, [["Steer", "pause"], ["Steer", "play"]]);
  const [interrupted, wanted] = playing({ mode: "over", status: "interrupted", live: false });
  await interrupted.toggle();
  assert.deepEqual(wanted[0], ["Resume", "a"]);
  const [finished, none] = playing({ mode: "over", status: "finished", live: false });
  await finished.toggle();
  assert.deepEqual([finished.at, finished.direction, none.length], [10, 1, 0]);
  finished.close();
});

test("a step back pauses a playing run and shows the step before the picture, never before the first", async () => {
  const [one, asked] = playing({});
  one.shownFrame({ step: 90 });
  await one.step(-1);
  assert.deepEqual([one.at, asked], [89, [["Steer", "pause"]]]);
  await one.step(-500);
  assert.equal(one.at, 10);
  one.go(100);
  assert.equal(one.at, null);
});

for (const mode of ["pausing", "paused"]) {
  test(`a replay goes on after each picture, and at the newest step the run itself goes on, be it ${mode}`, async () => {
    const [one, asked] = playing({ mode, step: 14 });
    await one.setPace({ n: 2, most: 1000 });
    one.go(11);
    await one.toggle();
    const shown = [];
    one.onChange(({ at }) => { if (at !== null && shown.at(-1) !== at) { shown.push(at); queueMicrotask(() => one.shownFrame({ step: at })); } });
    await new Promise((resolve) => one.onChange(({ direction }) => { if (direction === 0) resolve(); }));
    // Timers fire in the order of their times, so whatever would still move it has moved it by then.
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(shown, [13]);
    assert.deepEqual([one.at, one.direction, asked.at(-1)], [null, 0, ["Steer", "play"]]);
  });
}

test("a page that may only look steers nothing", async () => {
  const [one, asked] = playing({});
  one.link.readOnly = true;
  await one.toggle();
  await one.step(1);
  await one.setPace({ n: 4, most: 30 });
  assert.deepEqual(asked, []);
});

test("steps to a picture halve and double, from what a free run does", async () => {
  const [one] = playing({});
  one.progress({ step: 100, steps_per_second: 3000, mode: "playing", why: "" });
  await one.scalePace(2);
  assert.equal(one.pace.n, 256);
  await one.scalePace(0.5);
  assert.equal(one.pace.n, 128);
  for (let i = 0; i < 12; i++) await one.scalePace(0.5);
  assert.equal(one.pace.n, 1);
});

test("marks tell what happened", () => {
  const events = [
    { event: "started", step: 0 }, { event: "transition", name: "take_over", step: 5 },
    { event: "intervention", name: "set", arguments: { settings: { p_move: 0.1 } }, step: 7 },
  ];
  const said = marksOf(events, [{ step: 9, note: "odd" }], [4]).map(({ kind, step, label }) => `${kind} ${step} ${label}`);
  assert.deepEqual(said, ["checkpoint 4 checkpoint", "transition 5 take over", "intervention 7 set p move = 0.1", "bookmark 9 odd"]);
});
