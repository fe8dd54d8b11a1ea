"""A program under the microscope: what it copies, in which order, and which of its bytes it cannot do without."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from primordia.life.replicators import MAX_STEPS, REPLICATOR_SCORE, STRICT_SCORE, round_seed, scores
from primordia.life.substrates import substrate

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


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


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What meetings with several partners came to.

    Args:
        copied: int64 [partner]: bytes of the partner that equal the program's at the same place in the end.
        mirrored: int64 [partner]: bytes of the partner that equal the program's at the mirrored place in the end.
        intact: bool [partner]: whether the program itself is unchanged.
    """

    copied: npt.NDArray[np.int64]
    mirrored: npt.NDArray[np.int64]
    intact: Flags


@dataclasses.dataclass(frozen=True)
class Anatomy:
    """Which bytes of a replicator matter.

    Args:
        score: replication score of the whole program.
        threshold: score from which an altered program still counts as copying.
        core: bool [byte]: the bytes left when one byte after another is replaced by a no-op as long as it copies; no
            further one can go. Other cores may exist.
        essential: bool [byte]: replacing this byte alone in the whole program stops the copying.
        bare: uint8 [byte]: the program with every byte outside the core replaced by the no-op.
        bare_score: replication score of `bare`.
    """

    score: int
    threshold: int
    core: Flags
    essential: Flags
    bare: Bytes
    bare_score: int


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


def meet(substrate_name: str, program: Bytes, partners: Bytes, first: bool, max_steps: int = MAX_STEPS) -> Outcome:
    """Let a program uint8 [byte] meet each partner uint8 [partner, byte], standing first or second on the tape."""
    from primordia.life.soup import evaluate

    programs = np.broadcast_to(program, partners.shape)
    tapes = np.concatenate((programs, partners) if first else (partners, programs), axis=1)
    halves = evaluate(substrate_name, tapes, max_steps)[0].reshape(len(partners), 2, -1)
    own, other = halves[:, 0 if first else 1], halves[:, 1 if first else 0]
    return Outcome((other == program).sum(axis=1), (other == program[::-1]).sum(axis=1), (own == program).all(axis=1))


def neutral_byte(substrate_name: str) -> int:
    """The no-op that ablation puts in: the first byte from 0x20 up (then from 0) that is neither opcode nor null."""
    classes = substrate(substrate_name).classes
    options = (*range(0x20, 256), *range(0x20))
    return next(byte for byte in options if classes.get(byte, "other") == "other")


def dissect(
    substrate_name: str, program: Bytes, max_steps: int = MAX_STEPS, n_threads: int | None = None, seed: int = 0
) -> Anatomy:
    """Find the minimal working core of a program uint8 [byte] by ablation.

    A program counts as copying when its replication score is at least 48, or at least 5 if the whole program itself
    scores below 48. The noise of the detector follows from `seed` alone, so the same program has the same anatomy.

    Cost: at most a few hundred replication tests of 65 meetings each.
    """
    word = round_seed(seed, 0)

    def score(variants: Bytes) -> npt.NDArray[np.int64]:
        return scores(
            substrate_name,
            variants,
            indices=np.zeros(len(variants), np.int64),
            n_programs=1,
            round_seed=word,
            max_steps=max_steps,
            n_threads=n_threads,
        )

    whole = int(score(program[None])[0])
    threshold = STRICT_SCORE if whole >= STRICT_SCORE else REPLICATOR_SCORE
    neutral = neutral_byte(substrate_name)
    essential = score(_knock_outs(program, np.arange(len(program)), neutral)) < threshold
    bare, core = _ablate(program, neutral, lambda variants: score(variants) >= threshold)
    return Anatomy(whole, threshold, core, essential, bare, int(score(bare[None])[0]))


def _best_image(program: Bytes, partner: Bytes, final: Bytes) -> tuple[Bytes, str]:
    """The form of the program that most bytes of the partner changed to, and its name; at a tie the plainer form."""
    forms = [
        (np.roll(whole, shift), words + (f", shifted by {shift}" if shift else ""))
        for shift in range(len(program))
        for whole, words in ((program, "as they stand"), (program[::-1], "mirrored"))
    ]
    return max(forms, key=lambda form: int(((final == form[0]) & (partner != form[0])).sum()))


def _knock_outs(program: Bytes, positions: npt.NDArray[np.int64], neutral: int) -> Bytes:
    """One variant per position, uint8 [variant, byte], with that byte replaced."""
    variants = np.repeat(program[None], len(positions), axis=0)
    variants[np.arange(len(positions)), positions] = neutral
    return variants


def _ablate(program: Bytes, neutral: int, copies: Callable[[Bytes], Flags]) -> tuple[Bytes, Flags]:
    """The program reduced to bytes none of which can go, and where these are.

    Blocks of a quarter of the tape are tried first, then ever smaller ones, each pass from the end of the tape to its
    start; single bytes are tried again until a pass removes none.
    """
    bare, core = program.copy(), program != neutral
    size = len(program) // 4
    while True:
        removed = False
        for start in reversed(range(0, len(program), size)):
            block = np.arange(start, start + size)
            block = block[core[block]]
            variant = bare.copy()
            variant[block] = neutral
            if block.size and copies(variant[None])[0]:
                bare, removed = variant, True
                core[block] = False
        if size == 1 and not removed:
            return bare, core
        size = max(1, size // 2)
