"""The mesa layers token by token in NumPy, 64 bits: two sums, a direct solve, nothing clever."""

import numpy as np


def mesa(query, key, value, gate, write, floor, reset=None, state=None):
    """Outputs [time, value], sums (G, H) after every token, and all matrices H + Lambda, of one head.

    Args:
        query, key: [time, key].
        value: [time, value].
        gate: forget gates [time], of either sign.
        write: input gates [time].
        floor: Lambda [key].
        reset: whether a token begins a document [time].
        state: (G, H) before.
    """
    query, key, value, gate, write, floor = (np.asarray(x, np.float64) for x in (query, key, value, gate, write, floor))
    n_time, d_key = key.shape
    g, h = (np.zeros((value.shape[1], d_key)), np.zeros((d_key, d_key))) if state is None else state
    outputs, matrices = [], []
    for t in range(n_time):
        left = 0.0 if reset is not None and reset[t] else gate[t]
        g = left * g + write[t] * np.outer(value[t], key[t])
        h = left * h + write[t] * np.outer(key[t], key[t])
        matrices.append(h + np.diag(floor))
        outputs.append(g @ np.linalg.solve(matrices[-1], query[t]))
    return np.array(outputs), (g, h), np.array(matrices)


def slopes(query, key, value, gate, write, floor, slope, step=1e-6):
    """Gradients of sum(slope * outputs) with respect to all six, by central differences."""
    given = [np.array(x, np.float64) for x in (query, key, value, gate, write, floor)]

    def loss():
        return float((np.asarray(slope, np.float64) * mesa(*given)[0]).sum())

    found = []
    for array in given:
        slopes = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + step
            above = loss()
            array[place] = kept - step
            slopes[place] = (above - loss()) / (2 * step)
            array[place] = kept
        found.append(slopes)
    return found


def conjugate_gradient(matrix, right, start, n_steps):
    """Textbook conjugate gradients for one system."""
    x = np.array(start, np.float64)
    residual = right - matrix @ x
    direction = residual.copy()
    for _ in range(n_steps):
        square = residual @ residual
        if square == 0:
            break
        length = square / (direction @ matrix @ direction)
        x = x + length * direction
        residual = residual - length * matrix @ direction
        direction = residual + (residual @ residual) / square * direction
    return x


def recursive(query, key, value, gate, strength, reset=None):
    """The layer of 2023 without its recursion: every token's regularised least squares, solved directly."""
    query, key, value, gate = (np.asarray(x, np.float64) for x in (query, key, value, gate))
    d_key = key.shape[1]
    s, a = np.zeros((value.shape[1], d_key)), np.eye(d_key) / strength
    outputs = []
    for t in range(len(key)):
        if reset is not None and reset[t]:
            s, a = np.zeros_like(s), np.eye(d_key) / strength
        s = gate[t] * s + np.outer(value[t], key[t])
        a = gate[t] * a + np.outer(key[t], key[t])
        outputs.append(s @ np.linalg.solve(a, query[t]))
    return np.array(outputs)
