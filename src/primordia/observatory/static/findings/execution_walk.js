// Where an execution stands: tape and registers after any number of its steps, from the changes that each step makes.

// {go(number) -> moment, number()}. A moment is {number, tape, touched, changed, registers, before, done, next}: the tape
// after `number` steps, the cells that differ from the start, those that the last step changed, the registers after it
// and before it, the step itself and the one that comes next (null where there is none).
export function walk({ tape, steps, opening }) {
  const now = Uint8Array.from(tape);
  const undo = [];
  let number = 0;

  function forth() {
    undo[number] = steps[number].changes.map(([cell]) => [cell, now[cell]]);
    for (const [cell, value] of steps[number].changes) now[cell] = value;
    number += 1;
  }

  function back() {
    number -= 1;
    for (const [cell, value] of undo[number]) now[cell] = value;
  }

  return {
    number: () => number,
    go(wanted) {
      while (number < wanted) forth();
      while (number > wanted) back();
      const done = steps[number - 1] ?? null;
      return {
        number, done,
        tape: now,
        next: steps[number] ?? null,
        touched: new Set(tape.flatMap((value, cell) => (value === now[cell] ? [] : [cell]))),
        changed: done ? undo[number - 1].map(([cell, old]) => [cell, old, now[cell]]) : [],
        registers: done ? done.registers : opening,
        before: number > 1 ? steps[number - 2].registers : opening,
      };
    },
  };
}
