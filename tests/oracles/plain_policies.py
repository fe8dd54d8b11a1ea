"""Recurrent policies unit by unit in plain Python, 64 bits: nothing clever. Weights as the policies' own docstrings."""

import math

import numpy as np


def bent(x):
    """1 / (1 + e^-x)."""
    return 1 / (1 + math.exp(-x))


def gelu(x):
    """GeLU by the tangent, as its authors' fast form."""
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def mapped(weight, bias, x):
    """A linear map, sum by sum; no bias: None."""
    n_in, n_out = weight.shape
    return [sum(x[i] * weight[i, j] for i in range(n_in)) + (0 if bias is None else bias[j]) for j in range(n_out)]


def gru(weights, observations):
    """(logits, value, state) after each observation."""
    n = weights["within"].shape[0]
    state, said = [0.0] * n, []
    for seen in observations:
        into, kept = mapped(weights["into"], weights["bias"], seen), mapped(weights["within"], None, state)
        after = []
        for i in range(n):
            reset, update = bent(into[i] + kept[i]), bent(into[n + i] + kept[n + i])
            candidate = math.tanh(into[2 * n + i] + reset * kept[2 * n + i])
            after.append(update * state[i] + (1 - update) * candidate)
        state = after
        said.append((*read(weights, [*state, *seen]), np.array(state)))
    return said


def read(weights, x):
    """Logits and value."""
    return np.array(mapped(weights["logits"], None, x)), mapped(weights["values"][:, None], None, x)[0]


def recurrence(weights, state, x):
    """The sums of the RG-LRU after x; state None: nothing came before."""
    part = weights["gates"].shape[1]
    after = []
    for unit in range(len(x)):
        block, place = divmod(unit, part)
        gates = []
        for column in (place, part + place):
            total = weights["gates_bias"][block, column]
            for other in range(part):
                total += x[block * part + other] * weights["gates"][block, other, column]
            gates.append(bent(total))
        kept = bent(weights["leak"][unit]) ** (8 * gates[0])
        if state is None:
            after.append(gates[1] * x[unit])
        else:
            after.append(kept * state[unit] + math.sqrt(1 - kept * kept) * gates[1] * x[unit])
    return after


def rg_lru(weights, observations):
    """(logits, value, sums) after each observation."""
    state, said = None, []
    for seen in observations:
        state = recurrence(weights["units"], state, mapped(weights["into"], weights["into_bias"], seen))
        said.append((*read(weights, [*state, *seen]), np.array(state)))
    return said


def normed(x, scale):
    """Divided by the root mean square."""
    size = math.sqrt(sum(one * one for one in x) / len(x) + 1e-6)
    return [one / size * factor for one, factor in zip(x, scale, strict=True)]


def hawk(weights, observations):
    """(logits, value, sums) after each observation; the convolution looks back over the whole history."""

    def linear(name, x):
        return mapped(weights[name], weights[f"{name}_bias"], x)

    n_units = weights["out"].shape[0]
    entered, state, said = [], None, []
    for seen in observations:
        x = linear("embedding", seen)
        both = linear("into", normed(x, weights["norm_mixing"]))
        entered.append(both[:n_units])
        convolved = [
            weights["convolution_bias"][j]
            + sum(weights["convolution"][3 - lag, j] * entered[-1 - lag][j] for lag in range(min(4, len(entered))))
            for j in range(n_units)
        ]
        state = recurrence(weights["units"], state, convolved)
        gated = [one * gelu(gate) for one, gate in zip(state, both[n_units:], strict=True)]
        x = [old + new for old, new in zip(x, linear("out", gated), strict=True)]
        up = linear("up", normed(x, weights["norm_mapping"]))
        half = len(up) // 2
        down = linear("down", [gelu(up[i]) * up[half + i] for i in range(half)])
        x = normed([old + new for old, new in zip(x, down, strict=True)], weights["norm_reading"])
        said.append((np.array(linear("logits", x)), linear("values", x)[0], np.array(state)))
    return said
