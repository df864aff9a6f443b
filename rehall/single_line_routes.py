"""Lines of a single-line diagram: down from a part, along a rail, down to what it feeds."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rehall.single_line_layout import Layout
from rehall.single_line_parts import INPUTS, Key, Part

TRACK = 0.11  # between two rails [inch]
CLEAR = 0.16  # above the first and below the last rail [inch]
NEAR = 0.05
"""Distance at which two lines look like one [inch]."""
COINCIDE = 100  # crossings that two lines in one place are worth

Point = tuple[float, float]


@dataclass(frozen=True)
class Wire:
    """A straight line between two points, or one point where three lines meet."""

    points: tuple[Point, ...]
    fed: bool


@dataclass(frozen=True)
class Rail:
    """All lines that leave a part: its column, and those of what it feeds."""

    x: float
    drops: tuple[tuple[Key, float, bool], ...]  # key, column, whether fed

    @property
    def span(self) -> tuple[float, float]:
        """Its left and right end."""
        columns = [self.x, *(at for _, at, _ in self.drops)]
        return min(columns), max(columns)

    @property
    def straight(self) -> bool:
        """Whether it needs no rail."""
        return self.span[1] - self.span[0] < 1e-6


def route(placed: Layout, parts: dict[Key, Part]) -> tuple[dict[Key, float], list[Wire], float]:
    """Height of the middle of every part, the lines, and the height of all; the top is at 0."""
    y: dict[Key, float] = {}
    wires: list[Wire] = []
    top = 0.0
    for keys, below in zip(placed.levels, [*placed.levels[1:], []], strict=True):
        here = [parts[key] for key in keys if key in parts]
        middle = top - max((part.extent("above") for part in here), default=0.0)
        bottom = middle - max((part.extent("below") for part in here), default=0.0)
        y |= dict.fromkeys(keys, middle)
        rails = {key: _rail(placed, key) for key in keys if placed.lines[key]}
        track, count = _tracks(list(rails.values()))
        lower = bottom - 2 * CLEAR - TRACK * max(count - 1, 0)
        ends = lower - max((parts[k].extent("above") for k in below if k in parts), default=0.0)
        for (key, rail), n in zip(rails.items(), track, strict=True):
            start = middle - parts[key].outline[1] if key in parts else top
            high = bottom - CLEAR - TRACK * n
            into = {k: ends + parts[k].outline[1] if k in parts else lower for k, *_ in rail.drops}
            wires += _wires(rail, start, high, into)
        wires += [_link(placed, parts, tie, middle) for tie in keys if tie in placed.beside]
        top = lower
    return y, wires, -bottom


def inputs(placed: Layout, key: Key) -> dict[Key, float]:
    """Columns of the lines into a part by where they come from: side by side, as these stand."""
    feeds = sorted(placed.lines.pred[key], key=lambda feed: (placed.x[feed], str(feed)))
    first = placed.x[key] - 0.5 * (len(feeds) - 1) * INPUTS
    return {feed: first + n * INPUTS for n, feed in enumerate(feeds)}


def _rail(placed: Layout, key: Key) -> Rail:
    """Lines from a part to what it feeds."""
    drops = [
        (child, inputs(placed, child)[key], bool(placed.lines.edges[key, child]["fed"]))
        for child in placed.lines[key]
    ]
    return Rail(placed.x[key], tuple(drops))


def _tracks(rails: list[Rail]) -> tuple[list[int], int]:
    """Track of each rail, 0 the highest, such that few lines cross and none lie in one place."""
    order = [n for n, rail in enumerate(rails) if not rail.straight]
    cost = {(n, m): _crossings(rails[n], rails[m]) for n in order for m in order}
    for n in 3 * order:  # each in turn where it crosses the least
        order.remove(n)
        above = [sum(cost[m, n] for m in order[:k]) for k in range(len(order) + 1)]
        below = [sum(cost[n, m] for m in order[k:]) for k in range(len(order) + 1)]
        order.insert(int(np.argmin(np.add(above, below))), n)
    track = [0] * len(rails)
    for k, n in enumerate(order):
        higher = [track[m] for m in order[:k] if _overlap(rails[n].span, rails[m].span)]
        track[n] = max(higher, default=-1) + 1
    return track, max((track[n] + 1 for n in order), default=0)


def _crossings(upper: Rail, lower: Rail) -> int:
    """How often two rails cross if one lies above the other."""
    down = [at for _, at, _ in upper.drops]
    crossed = sum(lower.span[0] < at < lower.span[1] for at in down)
    crossed += upper.span[0] < lower.x < upper.span[1]
    return crossed + COINCIDE * sum(abs(at - lower.x) < NEAR for at in down)


def _overlap(one: Point, other: Point) -> bool:
    return one[0] < other[1] + NEAR and other[0] < one[1] + NEAR


def _wires(rail: Rail, start: float, high: float, into: dict[Key, float]) -> list[Wire]:
    """The line down at `start`, pieces of the rail at height `high`, lines down to what is fed."""
    drops = [(round(at, 6), into[key], fed) for key, at, fed in rail.drops]
    x, fed = round(rail.x, 6), any(fed for *_, fed in drops)
    if rail.straight:
        return [Wire(((x, start), (x, drops[0][1])), fed)]
    columns = sorted({x, *(at for at, *_ in drops)})
    pieces = []
    for left, right in pairwise(columns):
        beyond = [fed for at, _, fed in drops if (at >= right if right > x else at <= left)]
        pieces.append(Wire(((left, high), (right, high)), any(beyond)))
    down = [Wire(((at, high), (at, end)), fed) for at, end, fed in drops]
    wires = [Wire(((x, start), (x, high)), fed), *pieces, *down]
    ends = Counter(point for wire in wires for point in set(wire.points))
    live = {point for wire in wires if wire.fed for point in wire.points}
    dots = [point for point, count in ends.items() if count > 2]
    return [*wires, *(Wire((point,), point in live) for point in dots)]


def _link(placed: Layout, parts: dict[Key, Part], tie: Key, y: float) -> Wire:
    """Line through a tie from one of its boards to the other."""
    one, other = placed.beside[tie]
    left = placed.x[one] + parts[one].extent("right")
    right = placed.x[other] - parts[other].extent("left")
    return Wire(((left, y), (right, y)), parts[tie].live)
