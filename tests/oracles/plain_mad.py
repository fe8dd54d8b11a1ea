"""Slow, obvious twins of what makes a sequence one of MAD's or RegBench's."""


def answers_of_pairs(tokens, is_key):
    """Targets of a test: at the key of each pair its value if the key was there before, else -1."""
    targets, seen = [-1] * len(tokens), {}
    for place in range(0, len(tokens) - 1, 2):
        key, value = tokens[place], tokens[place + 1]
        if is_key(key):
            if key in seen:
                assert seen[key] == value, "a key has two values"
                targets[place] = value
            seen[key] = value
    return targets[:-1]


def motif_pairs(tokens, n_keys, filler):
    """(key, value, place of the value) of each pair of a fuzzy sequence: runs of key symbols, then of value symbols."""
    place, pairs = 0, []
    while place < len(tokens) and tokens[place] == filler:
        place += 1
    while place < len(tokens):
        begin = place
        while place < len(tokens) and tokens[place] < n_keys:
            place += 1
        middle = place
        while place < len(tokens) and n_keys <= tokens[place] < filler:
            place += 1
        pairs.append((tuple(tokens[begin:middle]), tuple(tokens[middle:place]), middle))
    return pairs


def walk(table, tokens, separator):
    """The state after each token of a legal sequence, by following the table."""
    state, visited = 0, []
    for token in tokens:
        if token >= separator:
            state = 0
        else:
            state = int(table[state][token])
            assert state >= 0, "the automaton does not allow this symbol"
        visited.append(state)
    return visited


def says(table, word):
    """Whether an automaton allows a word."""
    state = 0
    for symbol in word:
        state = int(table[state][symbol])
        if state < 0:
            return False
    return True
