"""Slow, obvious twins of the layers that learn a sequence's own dynamics: loops over tokens, 64 bits, no JAX."""

import numpy as np


def guesses(weights, kinds, n_heads, sequence, codes=None):
    """The prediction at each position of one sequence [time, n], layer by layer and token by token."""
    n = sequence.shape[1]
    tokens = []
    for t, now in enumerate(sequence):
        before = sequence[t - 1] if t else np.zeros(n)
        if codes is None:
            tokens.append(np.concatenate([np.zeros(n), now, before]))
        else:
            tokens.append(np.concatenate([np.zeros(n), now, np.zeros(n), codes[t]]))
    tokens = np.array(tokens, float)
    for place, kind in enumerate(kinds):
        part = {name: np.asarray(weights[f"layers/{place}/{name}"], float) for name in ("query", "key", "value", "out")}
        after = tokens.copy()
        for t in range(len(tokens)):
            for head in range(n_heads):
                query = part["query"][head] @ tokens[t]
                keys = [part["key"][head] @ token for token in tokens[: t + 1]]
                values = [part["value"][head] @ token for token in tokens[: t + 1]]
                if kind == "mesa":
                    strength = np.exp(float(weights[f"layers/{place}/strength"][head]))
                    gram = sum(np.outer(key, key) for key in keys) + np.eye(len(query)) / strength
                    cross = sum(np.outer(value, key) for value, key in zip(values, keys, strict=True))
                    mixed = cross @ np.linalg.solve(gram, query)
                else:
                    scores = np.array([key @ query for key in keys])
                    if kind == "softmax":
                        scores = np.exp(scores - scores.max())
                        scores /= scores.sum()
                    mixed = sum(score * value for score, value in zip(scores, values, strict=True))
                after[t] += part["out"][head] @ mixed
        tokens = after
    return tokens[:, :n]


def fitted(sequence, penalty):
    """Least squares on the pairs (s_i, s_{i+1}) before each position, applied to the observation there."""
    found = []
    for t in range(len(sequence)):
        x, y = sequence[:t], sequence[1 : t + 1]
        gram = x.T @ x + penalty * np.eye(sequence.shape[1])
        found.append(y.T @ x @ np.linalg.solve(gram, sequence[t]))
    return np.array(found)
