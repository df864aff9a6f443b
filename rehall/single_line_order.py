"""Levels of a single-line diagram and the order within each, such that few lines cross.

After Sugiyama, Tagawa and Toda (1981): the longest way from a source gives the level, a line that
passes a level gets a point on it, and each level is sorted by the mean place of its neighbours.
"""

from collections.abc import Iterable
from itertools import combinations, pairwise
from random import Random

import networkx as nx
import numpy as np

from rehall.single_line_parts import Key, Part

SWEEPS, STARTS = 10, 8
BESIDE = 3
"""Crossings that a part between the two boards of a tie is worth."""
REACH, AS_GIVEN = 3.0, 0.02
"""Crossings that a line across the whole picture and two parts not in the order given are worth."""

Levels = list[list[Key]]
Rail = tuple[float, list[float], float, float]
"""Places of a part, of what it feeds, and of the two ends of all, as shares of the width."""
Ties = dict[Key, tuple[str, ...]]


def lines_of(parts: dict[Key, Part]) -> tuple[nx.DiGraph, dict[Key, int]]:
    """Lines from level to level, each with whether it is `fed`, and the level of everything.

    A generator stands just above what it feeds.
    """
    graph = nx.DiGraph()
    graph.add_nodes_from(parts)
    graph.add_edges_from((feed, key) for key, part in parts.items() for feed in part.feeds)
    generations = enumerate(nx.topological_generations(graph))
    level: dict[Key, int] = {key: n for n, keys in generations for key in keys}
    for key in [key for key, part in parts.items() if part.kind == "generator"]:
        level[key] = max(min((level[child] for child in graph[key]), default=1) - 1, 0)
    lines = nx.DiGraph()
    lines.add_nodes_from(parts)
    for feed, key in graph.edges:
        last, fed = feed, feed in parts[key].fed_from or key in parts[feed].fed_from
        for n in range(level[feed] + 1, level[key] + 1):
            here: Key = key if n == level[key] else ("via", feed, n)
            level[here] = n
            before = lines.get_edge_data(last, here, {"fed": False})["fed"]
            lines.add_edge(last, here, fed=fed or before)
            last = here
    return lines, level


def ordered(lines: nx.DiGraph, level: dict[Key, int], ties: Ties) -> Levels:
    """Levels from top to bottom, parts that no line connects side by side."""
    levels: Levels = [[] for _ in range(max(level.values()) + 1)]
    for component in nx.weakly_connected_components(lines):
        keys = [key for key in lines if key in component]
        tied = [pair for tie, pair in ties.items() if tie in component]
        for row, more in zip(levels, _least_crossed(lines, level, keys, tied), strict=True):
            row += more
    return levels


def _least_crossed(
    lines: nx.DiGraph, level: dict[Key, int], keys: list[Key], tied: list[tuple[str, ...]]
) -> Levels:
    """The best order that sweeps from several starts find."""
    rank = {key: n for n, key in enumerate(keys)}
    shuffled, start, found = Random(0), list(keys), []
    for _ in range(STARTS):
        levels: Levels = [[] for _ in range(max(level.values()) + 1)]
        for key in _depth_first(lines, start):
            levels[level[key]].append(key)
        for sweep in range(SWEEPS):
            levels = _swept(levels, lines, down=sweep % 2 == 0)
            found += [levels, _exchanged(levels, lines, tied)]
            levels = found[-1]
        shuffled.shuffle(start)
    best = min(found, key=lambda levels: _cost(levels, lines, tied, rank))
    mirrored = [keys[::-1] for keys in best]
    return min(best, mirrored, key=lambda levels: _cost(levels, lines, tied, rank))


def _depth_first(lines: nx.DiGraph, keys: list[Key]) -> list[Key]:
    """Each source with all that it feeds, in the order of `keys`."""
    graph = nx.DiGraph()
    graph.add_nodes_from(keys)
    graph.add_edges_from((key, child) for child in keys for key in lines.pred[child])
    roots = [key for key in keys if not lines.pred[key]]
    return list(dict.fromkeys(k for root in roots for k in nx.dfs_preorder_nodes(graph, root)))


def _swept(levels: Levels, lines: nx.DiGraph, down: bool) -> Levels:
    """Each level sorted by the mean place of its neighbours in the level before."""
    done: Levels = []
    for keys in levels if down else levels[::-1]:
        place = {key: n / len(done[-1]) for n, key in enumerate(done[-1])} if done else {}
        own = {key: n / len(keys) for n, key in enumerate(keys)}
        near = lines.pred if down else lines.succ
        mean = {key: mean_of(_known(place, near[key]), own[key]) for key in keys}
        done.append(sorted(keys, key=mean.__getitem__))
    return done if down else done[::-1]


def _exchanged(levels: Levels, lines: nx.DiGraph, tied: list[tuple[str, ...]]) -> Levels:
    """Neighbours in a level exchanged while fewer lines cross after it."""
    levels, better = [list(keys) for keys in levels], True
    while better:
        better = False
        for n, keys in enumerate(levels):
            around = levels[max(n - 1, 0) : n] + levels[n + 1 : n + 2]
            place = {key: k for level in around for k, key in enumerate(level)}
            ends = {
                key: (_known(place, lines.pred[key]), _known(place, lines.succ[key]))
                for key in keys
            }
            for k in range(len(keys) - 1):
                one, other = keys[k : k + 2]
                changed = [*keys[:k], other, one, *keys[k + 2 :]]
                before = _inverted(ends[one], ends[other]) + _apart(keys, tied)
                if _inverted(ends[other], ends[one]) + _apart(changed, tied) < before:
                    keys[:] = changed
                    better = True
    return levels


def _inverted(one: tuple[list[int], ...], other: tuple[list[int], ...]) -> int:
    """Crossings of the lines of one part with those of its neighbour to the right."""
    return sum(a > b for u, v in zip(one, other, strict=True) for a in u for b in v)


def _apart(keys: list[Key], tied: list[tuple[str, ...]]) -> int:
    """Cost of parts that stand between the two boards of a tie."""
    pairs = [pair for pair in tied if pair[0] in keys and pair[1] in keys]
    return BESIDE * sum(abs(keys.index(one) - keys.index(other)) - 1 for one, other in pairs)


def _cost(
    levels: Levels, lines: nx.DiGraph, tied: list[tuple[str, ...]], rank: dict[Key, int]
) -> float:
    """Crossings, how far lines reach sideways, how far the order is from that given."""
    cost = float(sum(_apart(keys, tied) for keys in levels))
    for upper, lower in pairwise(levels):
        place = {key: (n + 0.5) / len(lower) for n, key in enumerate(lower)}
        rails: list[Rail] = []
        for n, key in enumerate(upper):
            down, x = _known(place, lines[key]), (n + 0.5) / len(upper)
            if down:
                rails.append((x, down, min(x, *down), max(x, *down)))
        cost += sum(min(_crossed(a, b), _crossed(b, a)) for a, b in combinations(rails, 2))
        cost += REACH * sum(abs(at - x) for x, down, *_ in rails for at in down)
    for keys in levels:
        own = np.array([rank[key] for key in keys])
        cost += AS_GIVEN * float(np.triu(own[:, None] > own).sum())
    return round(cost, 9)


def _crossed(one: Rail, other: Rail) -> int:
    """How often the lines of a part cross those of another, if its rail lies above."""
    (_, down, left, right), (start, _, first, last) = one, other
    if right <= first or last <= left:
        return 0
    return sum(first < at < last for at in down) + (left < start < right)


def _known(place: dict[Key, int] | dict[Key, float], keys: Iterable[Key]) -> list:
    return [place[key] for key in keys if key in place]


def mean_of(values: list[float], otherwise: float) -> float:
    """Mean of values where there are any."""
    return sum(values) / len(values) if values else otherwise
