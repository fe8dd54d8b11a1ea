"""Where the nodes of a graph stand: on a circle, or generation below generation. The same graph, the same places."""

from __future__ import annotations

import math
from typing import TypeAlias

from primordia.core.findings import Graph

Place: TypeAlias = tuple[float, float]
SWEEPS = 6


def circle(found: Graph) -> dict[str, Place]:
    """Nodes evenly on the unit circle, in their order, the first on top and then clockwise."""
    turn = 2 * math.pi / len(found.nodes)
    names = [node.name for node in found.nodes]
    return {name: (math.sin(turn * place), math.cos(turn * place)) for place, name in enumerate(names)}


def layered(found: Graph) -> dict[str, Place]:
    """Generations below each other: x from -1 to 1, y = minus the longest way from a node that no arrow enters.

    An arrow that closes a circle does not count. In a generation nodes stand near those that they have arrows with
    (mean places, swept down and up a few times). The same graph always gives the same places.
    """
    depth = _generations(found)
    rows: dict[int, list[str]] = {}
    for node in found.nodes:
        rows.setdefault(depth[node.name], []).append(node.name)
    near: dict[str, list[str]] = {node.name: [] for node in found.nodes}
    for edge in found.edges:
        near[edge.source].append(edge.target)
        near[edge.target].append(edge.source)
    x = {name: _spread(place, len(row)) for row in rows.values() for place, name in enumerate(row)}
    for sweep in range(SWEEPS):
        beyond = -1 if sweep % 2 == 0 else 1
        for level in sorted(rows, reverse=beyond == 1):
            wanted = {}
            for name in rows[level]:
                met = [x[other] for other in near[name] if (depth[other] - level) * beyond > 0]
                wanted[name] = sum(met) / len(met) if met else x[name]
            rows[level].sort(key=wanted.__getitem__)
            x |= {name: _spread(place, len(rows[level])) for place, name in enumerate(rows[level])}
    return {node.name: (x[node.name], -float(depth[node.name])) for node in found.nodes}


def _spread(place: int, n: int) -> float:
    return 2 * (place + 0.5) / n - 1


def _generations(found: Graph) -> dict[str, int]:
    """Of each node the arrows of the longest way to it, without those that close a circle."""
    after: dict[str, list[str]] = {node.name: [] for node in found.nodes}
    for edge in found.edges:
        after[edge.source].append(edge.target)
    done: dict[str, bool] = {}
    order, kept = [], []
    for first in after:
        # Depth first without recursion: a family tree may be deeper than Python's stack.
        stack = [] if first in done else [(first, iter(after[first]))]
        done.setdefault(first, False)
        while stack:
            name, children = stack[-1]
            child = next((one for one in children), None)
            if child is None:
                done[name] = True
                order.append(name)
                stack.pop()
            elif child not in done:
                done[child] = False
                kept.append((name, child))
                stack.append((child, iter(after[child])))
            elif done[child]:
                kept.append((name, child))
    entering: dict[str, list[str]] = {name: [] for name in after}
    for one, other in kept:
        entering[other].append(one)
    depth: dict[str, int] = {}
    for name in reversed(order):
        depth[name] = max((depth[parent] + 1 for parent in entering[name]), default=0)
    return depth
