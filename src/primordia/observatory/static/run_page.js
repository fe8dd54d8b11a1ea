// One run: its picture, its measures, what it is made of, and the controls of its time.

export async function open(place, link, words) {
  await link.ask("Watch", { run: words[0] });
  return { close() {} };
}
