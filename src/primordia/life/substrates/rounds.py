"""Loops of rsubleq4 that count and copy, many rounds at a time; the outcome is that of running them.

Every instruction is linear in the bytes of the tape: t[a] = t[b] - t[c]. So in a loop whose instructions write to
places that stay the same (call these bytes the counters), and read only counters and bytes that nothing in the loop
writes, the counters after a round are a linear function of the counters before it. If such a function turns the
differences that one round made into themselves, every further round makes the same differences. What a loop usually
does with its counters is to be the operands of one more instruction, which moves a byte: its places then go on by equal
steps, and a round is one move.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import scratch

LONGEST_TAPE = 128
MOST_STEPS = 8
COUNTER, KEPT = np.uint8(1), np.uint8(2)
# Where in the scratch room: what a place is to the loop, its value after one round, and the difference a round makes;
# then the value that each instruction of the round wrote.
VALUES, DIFFERENCES, WRITTEN = 128, 256, 384
FALLS_THROUGH = 4


@kernel(forceinline=True, allocates=False)
def place_of(tape, step, operand):
    """The place that an operand of the instruction at `step` names."""
    return (step + np.int64(np.int8(tape[step + operand]))) & (LONGEST_TAPE - 1) & (tape.size - 1)


@kernel(allocates=False)
def moving_step(tape, goal, place, room):
    """Marks what the loop writes and reads; returns its one instruction with counters as operands.

    That is -1 if there is none, and -2 if there are several, or if the loop is of another kind.
    """
    for i in range(tape.size):
        room[i] = 0
    for step in range(goal, place + 1, 4):
        room[place_of(tape, step, 0)] = COUNTER
    moving = -1
    for step in range(goal, place + 1, 4):
        if room[step + 3]:
            return -2
        if room[step] | room[step + 1] | room[step + 2]:
            if moving >= 0 or step == place:
                return -2
            moving = step
    for i in range(tape.size):
        room[i] = 0
    for i in range(goal, place + 4):
        room[i] = KEPT
    for step in range(goal, place + 1, 4):
        if step != moving:
            room[place_of(tape, step, 1)] |= KEPT
            room[place_of(tape, step, 2)] |= KEPT
    for step in range(goal, place + 1, 4):
        if step != moving:
            room[place_of(tape, step, 0)] |= COUNTER
    if moving >= 0 and not (room[moving] | room[moving + 1] | room[moving + 2]) & COUNTER:
        return -2
    return moving


@kernel(allocates=False)
def even_rounds(tape, goal, place, moving, room):
    """Whether every round from now on makes the same differences; leaves these, and the values of one round, in `room`.

    The places of the moving instruction go to WRITTEN + 16 .. + 18 and their differences to WRITTEN + 19 .. + 21.
    """
    for step in range(goal, place + 1, 4):
        if step != moving:
            for operand in range(3):
                other = place_of(tape, step, operand)
                room[VALUES + other] = tape[other]
                room[DIFFERENCES + other] = 0
    for step in range(goal, place + 1, 4):
        if step == moving:
            for operand in range(3):
                value = room[VALUES + step + operand] if room[step + operand] & COUNTER else tape[step + operand]
                room[WRITTEN + 16 + operand] = value
        else:
            value = room[VALUES + place_of(tape, step, 1)] - room[VALUES + place_of(tape, step, 2)]
            room[VALUES + place_of(tape, step, 0)] = value
            room[WRITTEN + (step - goal) // 4] = value
    for step in range(goal, place + 1, 4):
        if step != moving:
            target = place_of(tape, step, 0)
            room[DIFFERENCES + target] = room[VALUES + target] - tape[target]
    for step in range(goal, place + 1, 4):
        if step == moving:
            for operand in range(3):
                is_counter = room[step + operand] & COUNTER
                room[WRITTEN + 19 + operand] = room[DIFFERENCES + step + operand] if is_counter else 0
            if tape[step + 3] != FALLS_THROUGH:
                return False
        else:
            change = np.uint8(room[DIFFERENCES + place_of(tape, step, 1)] - room[DIFFERENCES + place_of(tape, step, 2)])
            room[DIFFERENCES + place_of(tape, step, 0)] = change
            room[WRITTEN + 8 + (step - goal) // 4] = change
            stays = change == 0 and np.int8(room[WRITTEN + (step - goal) // 4]) > 0
            if step != place and tape[step + 3] != FALLS_THROUGH and not stays:
                return False
    for step in range(goal, place + 1, 4):
        if step != moving:
            target = place_of(tape, step, 0)
            if room[DIFFERENCES + target] != np.uint8(room[VALUES + target] - tape[target]):
                return False
    return True


@kernel(allocates=False)
def run_rounds(tape, origins, goal, place, left):
    """Runs whole rounds of the loop from `goal` to the jump at `place`, within `left` steps; returns how many.

    It stops before a round that would leave the loop, write to a byte of the loop or one that it reads, or move a
    counter. -1: the loop is of another kind.
    """
    n_steps = (place - goal) // 4 + 1
    if tape.size > LONGEST_TAPE or (place - goal) & 3 or n_steps > MOST_STEPS:
        return -1
    room = scratch()
    moving = moving_step(tape, goal, place, room)
    if moving == -2:
        return -1
    if not even_rounds(tape, goal, place, moving, room):
        return 0
    wrap = tape.size - 1
    most, done = left // n_steps, 0
    deciding, change = room[WRITTEN + n_steps - 1], room[WRITTEN + 8 + n_steps - 1]
    if moving < 0:
        if change == 0 and np.int8(deciding) <= 0:
            done = most
        while done < most and np.int8(deciding) <= 0:
            deciding = np.uint8(deciding + change)
            done += 1
    else:
        target = (moving + np.int64(np.int8(room[WRITTEN + 16]))) & wrap
        first = (moving + np.int64(np.int8(room[WRITTEN + 17]))) & wrap
        second = (moving + np.int64(np.int8(room[WRITTEN + 18]))) & wrap
        while done < most and np.int8(deciding) <= 0:
            if room[target] | ((room[first] | room[second]) & COUNTER):
                break
            tape[target] = tape[first] - tape[second]
            if origins is not None:
                origins[target] = origins[first]
            target = (target + room[WRITTEN + 19]) & wrap
            first = (first + room[WRITTEN + 20]) & wrap
            second = (second + room[WRITTEN + 21]) & wrap
            deciding = np.uint8(deciding + change)
            done += 1
    finish(tape, origins, goal, place, moving, room, done)
    return done


@kernel(allocates=False)
def finish(tape, origins, goal, place, moving, room, done):
    """Writes the counters as they are after so many rounds, and moves their origins as often as that changes any."""
    if done == 0:
        return
    for step in range(goal, place + 1, 4):
        if step != moving:
            target = place_of(tape, step, 0)
            tape[target] = np.uint8(room[VALUES + target] + (done - 1) * np.int64(room[DIFFERENCES + target]))
    if origins is not None:
        changed, rounds = True, 0
        while changed and rounds < done:
            changed = False
            rounds += 1
            for step in range(goal, place + 1, 4):
                if step != moving:
                    target, first = place_of(tape, step, 0), place_of(tape, step, 1)
                    changed |= origins[target] != origins[first]
                    origins[target] = origins[first]
