"""Columns of a single-line diagram: parts stand near what they are connected to."""

from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import numpy as np
from scipy.optimize import isotonic_regression

from rehall.single_line_order import Levels, lines_of, mean_of, ordered
from rehall.single_line_parts import Key, Part

GAP = 0.14  # between two parts of a level [inch]
SWEEPS = 24
STIFF = 300.0
"""Weight of a part that is alone on its line, which is to be straight."""

STEP = 0.3 * GAP

Pairs = dict[Key, tuple[Key, Key]]


@dataclass(frozen=True)
class Layout:
    """Levels from top to bottom, columns [inch], lines between neighbouring levels.

    An edge of `lines` tells whether it is `fed`. `beside` has ties between their two boards.
    """

    levels: Levels
    x: dict[Key, float]
    lines: nx.DiGraph
    beside: Pairs


def layout(parts: dict[Key, Part]) -> Layout:
    """Place parts so that few lines cross; the leftmost one begins at 0."""
    lines, level = lines_of(parts)
    ties = {key: part.feeds for key, part in parts.items() if part.kind == "tie"}
    levels = ordered(lines, level, ties)
    beside = _between_boards(levels, level, lines, ties)
    return Layout(levels, _columns(levels, lines, parts, beside), lines, beside)


def _between_boards(
    levels: Levels, level: dict[Key, int], lines: nx.DiGraph, ties: dict[Key, tuple[str, ...]]
) -> Pairs:
    """Move ties up between their boards, where these stand side by side."""
    beside: Pairs = {}
    for tie, boards in ties.items():
        keys = levels[level[boards[0]]]
        place = next((n for n, pair in enumerate(pairwise(keys)) if set(pair) == set(boards)), None)
        if place is not None:
            levels[level[tie]].remove(tie)
            beside[tie] = (keys[place], keys[place + 1])
            keys.insert(place + 1, tie)
            lines.remove_edges_from(list(lines.in_edges(tie)))
    return beside


def _columns(
    levels: Levels, lines: nx.DiGraph, parts: dict[Key, Part], beside: Pairs
) -> dict[Key, float]:
    """Columns near those above and below by turns, without overlap; least squares by level."""
    reach = _reach(levels, lines, parts)
    x: dict[Key, float] = {}
    rows = []
    for keys in filter(None, levels):
        steps = [reach[a][1] + GAP + reach[b][0] for a, b in pairwise(keys)]
        rows.append((keys, np.cumsum([0.0, *steps])))
        x.update(zip(keys, map(float, rows[-1][1]), strict=True))
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        near = lines.pred if down else lines.succ
        for keys, offset in rows if down else rows[::-1]:
            wanted = np.array([mean_of([x[k] for k in near[key]], x[key]) for key in keys])
            weights = [_weight(key, lines, down, key in beside) for key in keys]
            apart = isotonic_regression(wanted - offset, weights=weights).x + offset
            x.update(zip(keys, map(float, apart), strict=True))
    for one, other in lines.edges:  # a step too small to mean anything
        if abs(x[other] - x[one]) < STEP and len(lines.pred[other]) == len(lines.succ[one]) == 1:
            x[other] = x[one]
    for tie, (one, other) in beside.items():
        left, right = x[one] + reach[one][1], x[other] - reach[other][0]
        x[tie] = 0.5 * (left + right + reach[tie][0] - reach[tie][1])
    least = min(at - reach[key][0] for key, at in x.items())
    return {key: at - least for key, at in x.items()}


def _reach(
    levels: Levels, lines: nx.DiGraph, parts: dict[Key, Part]
) -> dict[Key, tuple[float, float]]:
    """Room to the left and right; nodes one below the other take the same, to stay in line."""
    reach = {
        key: (parts[key].extent("left"), parts[key].extent("right")) if key in parts else (0.0, 0.0)
        for keys in levels
        for key in keys
    }
    alone = [(a, b) for a, b in lines.edges if len(lines.succ[a]) == len(lines.pred[b]) == 1]
    nodes = lines.edge_subgraph(
        (a, b) for a, b in alone if b not in parts or parts[b].kind != "loads"
    )
    for chain in nx.weakly_connected_components(nodes):
        left, right = (max(reach[key][side] for key in chain) for side in (0, 1))
        reach |= dict.fromkeys(chain, (left, right))
    return reach


def _weight(key: Key, lines: nx.DiGraph, down: bool, is_tie: bool) -> float:
    """How much a part insists on its place."""
    near, back = (lines.pred, lines.succ) if down else (lines.succ, lines.pred)
    if is_tie:
        return 1e-6
    if len(near[key]) != 1:
        return 1.0 if near[key] else 0.1
    return STIFF if len(back[next(iter(near[key]))]) == 1 else 1.0
