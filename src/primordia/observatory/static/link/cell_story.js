// What a recording knows of one cell: what it was, from step to step. Stands in for an inspection, which needs the run.

const MOST_ROWS = 200;

export async function cellStory(recording, { views, step_word: word }, { view, row, column, step }) {
  const { palette } = views[view];
  const changes = [];
  await recording.each(view, (at, pixels, columns) => {
    const index = pixels[row * columns + column];
    if (index !== changes.at(-1)?.index) changes.push({ at, index });
  });
  const [frame, here] = [await recording.frame(view, step), changes.findLast(({ at }) => step === null || at <= step)];
  const rows = changes.slice(-MOST_ROWS).map(({ at, index }) => [at, palette[index][0]]);
  const note = `At ${word} ${frame.step}: ${palette[(here ?? changes[0]).index][0]}. Between the recorded ${word}s it may have changed more often.`;
  return { step: frame.step, found: [{ kind: "table", title: `Row ${row}, column ${column}`, columns: [`from ${word}`, "what it was"], rows, note }] };
}
