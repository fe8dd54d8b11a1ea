"""A meeting of two programs, filmed: what is copied, in which order, and how fast."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from primordia.life.replicators import MAX_STEPS, REPLICATOR_SCORE

Bytes = npt.NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class Film:
    """One meeting of a program with a partner, step by step.

    Args:
        frames: uint8 [step, pair byte]: the tape before the first step, then after each; it stops where the copy is
            complete, or at the last step that changed a byte.
        final: uint8 [pair byte]: the tape at the end of the meeting.
        operations: instructions executed in the whole meeting.
        image: uint8 [byte]: the program as it stands, mirrored, shifted or both, whichever the partner took over most
            bytes of.
        alignment: which of these it is, in words.
        complete_at: steps after which the partner equals the image and stays so to the end; None if it does not.
        copied: bytes of the partner that equal the image's at the end.
        original_intact: whether the program itself is unchanged at the end.
    """

    frames: Bytes
    final: Bytes
    operations: int
    image: Bytes
    alignment: str
    complete_at: int | None
    copied: int
    original_intact: bool


def watch(substrate_name: str, program: Bytes, partner: Bytes, max_steps: int = MAX_STEPS) -> Film:
    """Let a program meet a partner (both uint8 [byte]; the program stands first and runs) and film it.

    Cost: one run per frame, because kernels show only ends. Where the tape settles is found by bisection; a tape that
    leaves its final bytes and comes back to them later may count as settled at the earlier of the two steps.
    """
    from primordia.life.soup import evaluate

    length = len(program)
    tape = np.concatenate((program, partner))[None]

    def after(steps: int) -> Bytes:
        return evaluate(substrate_name, tape, steps, n_threads=1)[0][0]

    ends, operations = evaluate(substrate_name, tape, max_steps, n_threads=1)
    final = ends[0]
    still, settled = 0, max_steps
    while still < settled:
        middle = (still + settled) // 2
        still, settled = (still, middle) if np.array_equal(after(middle), final) else (middle + 1, settled)
    frames = np.stack([tape[0], *(after(step) for step in range(1, settled + 1))])
    image, alignment = _best_image(program, partner, final[length:])
    whole = (frames[:, length:] == image).all(axis=1)
    complete_at = None
    if whole[-1]:
        broken = np.flatnonzero(~whole)
        complete_at = int(broken[-1]) + 1 if broken.size else 0
        frames = frames[: complete_at + 1]
    return Film(
        frames,
        final,
        int(operations[0]),
        image,
        alignment,
        complete_at,
        int((final[length:] == image).sum()),
        bool(np.array_equal(final[:length], program)),
    )


def copy_in_words(film: Film) -> str:
    """What the program copied into its partner, in which order and how fast."""
    length = len(film.image)
    taken_over = np.flatnonzero((film.frames[-1, length:] == film.image) & (film.frames[0, length:] != film.image))
    if taken_over.size < REPLICATOR_SCORE:
        return "nothing to speak of is copied"
    wrong = film.frames[:, length:][:, taken_over] != film.image[taken_over]
    arrived = len(wrong) - np.argmax(wrong[::-1], axis=0)
    moves = np.diff(taken_over[np.argsort(arrived, kind="stable")])
    rightward = float((moves > 0).mean())
    direction = "in mixed order"
    if rightward >= 0.8 or rightward <= 0.2:
        direction = "from left to right" if rightward > 0.5 else "from right to left"
    pace = float(np.median(np.diff(np.sort(arrived))))
    end = "" if film.complete_at is None else f"; complete after {film.complete_at} steps"
    return f"{taken_over.size} bytes arrive {direction}, one every {pace:g} steps, {film.alignment}{end}"


def _best_image(program: Bytes, partner: Bytes, final: Bytes) -> tuple[Bytes, str]:
    """The form of the program that most bytes of the partner changed to, and its name; at a tie the plainer form."""
    forms = [
        (np.roll(whole, shift), words + (f", shifted by {shift}" if shift else ""))
        for shift in range(len(program))
        for whole, words in ((program, "as they stand"), (program[::-1], "mirrored"))
    ]
    return max(forms, key=lambda form: int(((final == form[0]) & (partner != form[0])).sum()))
