"""How many more racks the free floor holds, and where: rows with aisles, placed one by one.

A rack has a clear aisle before and behind it. Racks that face each other share the cold aisle,
racks back to back the hot one; a cold and a hot aisle never overlap. Each row has a passage at one
end that joins its two aisles. Not optimal: the best of a few greedy orders, so a lower bound.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from geometry.hall import Box
from rehall.config import Case
from rehall.floor import FRONT_AISLE, REAR_AISLE, STEP, Floor, cooled_rooms, floor_level, floor_of
from rehall.shell import box_at

PASSAGE = 1.2
"""Width of the passage at the end of a row [m], and
`ROW_MAX` racks in a row: Rwanda Information Society Authority, Data center and cloud services
directives, "Circulation" (pathways of 1.2 m, rows of at most 20 cabinets)."""
ROW_MAX = 20


@dataclass(frozen=True)
class Place:
    """A free place for a rack."""

    box: Box
    facing: str


@dataclass(frozen=True)
class Spans:
    """Width and depth of a rack, of its aisles and of the passage, in cells."""

    width: int
    depth: int
    front: int
    rear: int
    passage: int


def free_places(case: Case, size: tuple[float, float, float]) -> list[Place]:
    """Places for racks of a size (width, depth, height [m]) where the hall's cold air is."""
    floor = floor_of(case, size[2])
    room = np.isin(floor.rooms, list(cooled_rooms(case, floor)))
    return pack(floor, room, size, floor_level(case))


def pack(
    floor: Floor, room: Bool[np.ndarray, "x y"], size: tuple[float, float, float], level: float
) -> list[Place]:
    """Places on a floor for racks that stand where `room` is True: the best of four orders."""
    spans = Spans(*(cells(length) for length in (*size[:2], FRONT_AISLE, REAR_AISLE, PASSAGE)))
    orders = [
        [_place(corner, size, across, side, level) for corner, side in rows]
        for across in (0, 1)
        for rows in (
            _rows(floor, room, spans, across, densest=True),
            _rows(floor, room, spans, across, densest=False),
        )
    ]
    return max(orders, key=len)


def cells(length: float) -> int:
    """Cells that a length [m] takes.

    >>> cells(0.6), cells(1.21)
    (6, 13)
    """
    return math.ceil(length / STEP - 1e-6)


def _place(
    corner: tuple[int, int],
    size: tuple[float, float, float],
    across: int,
    side: int,
    level: float,
) -> Place:
    """A place whose front looks along the axis `across` to one side."""
    x, y = (STEP * index for index in corner)
    width, depth, height = size
    extent = (depth, width, height) if across == 0 else (width, depth, height)
    return Place(box_at((x, y, level), extent), ("+" if side > 0 else "-") + "xy"[across])


def _rows(
    floor: Floor, room: Bool[np.ndarray, "x y"], spans: Spans, across: int, densest: bool
) -> list[tuple[tuple[int, int], int]]:
    """Lower corners [cells] and sides of racks facing the axis `across`, row after row.

    Rows come in the order of their place, or those with most racks first.
    """

    def turned(mask: np.ndarray) -> np.ndarray:
        """A copy whose first axis runs along the rows."""
        return np.array(mask.T if across == 0 else mask)

    work = Floor(*(turned(m) for m in (floor.solid, floor.kept, floor.front, floor.rear)))
    inside = turned(room)
    found: list[tuple[tuple[int, int], int]] = []
    while True:
        ends = {side: _row_ends(work, inside, spans, side) for side in (-1, 1)}
        counts = np.stack([ends[side].sum(axis=0) for side in (-1, 1)], axis=1).ravel()
        if not counts.any():
            return found
        at, which = divmod(int((counts if densest else counts > 0).argmax()), 2)
        side = (-1, 1)[which]
        first = np.flatnonzero(ends[side][:, at]) - spans.width + 1
        _occupy(work, spans, side, at, first)
        found += [((at, int(i)) if across == 0 else (int(i), at), side) for i in first]


def _row_ends(
    floor: Floor, inside: np.ndarray, spans: Spans, side: int
) -> Bool[np.ndarray, "along across"]:
    """Where racks of a row end along it, by the row's lower edge across it.

    A rack needs its own columns free over body and aisles; the first columns of a run are passage.
    """
    taken = floor.solid | floor.kept | floor.front | floor.rear | ~inside
    cold, hot = floor.solid | floor.rear, floor.solid | floor.front
    below, above = _aisles(spans, side)
    low, high = (cold, hot) if side < 0 else (hot, cold)
    free = (
        _clear(taken, 0, spans.depth)
        & _clear(low, -below, 0)
        & _clear(high, spans.depth, spans.depth + above)
    )
    run = np.zeros(free.shape[1], dtype=int)
    ends = np.zeros_like(free)
    for i, column in enumerate(free):
        run = np.where(column, run + 1, 0)
        racks, rest = np.divmod(run - spans.passage, spans.width)
        ends[i] = (racks > 0) & (rest == 0)
        run[racks >= ROW_MAX] = 0
    return ends


def _aisles(spans: Spans, side: int) -> tuple[int, int]:
    """Depth of the aisle below and above a row whose fronts look to a side [cells]."""
    return (spans.front, spans.rear) if side < 0 else (spans.rear, spans.front)


def _clear(
    taken: Bool[np.ndarray, "along across"], start: int, stop: int
) -> Bool[np.ndarray, "along across"]:
    """Whether the cells j + start to j + stop across are all on the floor and free, for each j."""
    n = taken.shape[1]
    before: Int[np.ndarray, "along edge"] = np.zeros((taken.shape[0], n + 1), dtype=int)
    np.cumsum(taken, axis=1, out=before[:, 1:])
    lower, upper = np.arange(n) + start, np.arange(n) + stop
    fits = (lower >= 0) & (upper <= n)
    inside = before[:, np.clip(upper, 0, n)] == before[:, np.clip(lower, 0, n)]
    return inside & fits


def _occupy(floor: Floor, spans: Spans, side: int, at: int, first: np.ndarray) -> None:
    """Put the racks of a row, their aisles and passages on the floor."""
    below, above = _aisles(spans, side)
    low, high = (floor.front, floor.rear) if side < 0 else (floor.rear, floor.front)
    top = at + spans.depth
    end = -1
    for i in first:
        columns = slice(i, i + spans.width)
        floor.solid[columns, at:top] = True
        low[columns, at - below : at] = True
        high[columns, top : top + above] = True
        if i != end:
            floor.kept[i - spans.passage : i, at - below : top + above] = True
        end = i + spans.width
