"""A loop of any topology on the plan of its hall: units and racks where they stand.

The hall's plan says where things are, the manifold which junctions they connect to. A junction
with things on it is drawn among them, supply up and to the right, return down and to the left of
their middle; one without lies in the middle of its neighbours. Pipes are straight.
"""

from collections import Counter, defaultdict
from typing import Any

import numpy as np

from geometry.hall import Box as Solid
from geometry.hall import Hall
from rehall.loop_chart import FLOWLESS, Chart, Rack, Unit
from rehall.loop_sketch import LETTER, Box, Line, Point, Sketch, Turning, Words, line

WIDTH, HEIGHT = 15.0, 8.0  # of most pictures [inch]
MARGIN = 0.5  # [inch]
LEAST, MOST = 0.7, 1.9  # an inch on the plan for a metre of the hall
APART = 0.15  # supply and return, from the middle of their thing [inch]
ROW = 0.17  # height of a line of text [inch]
NOTE = "Supply up and to the right of its return; racks with the share of the flow that they want"


def loop_map(chart: Chart, hall: Hall) -> Sketch:
    """The picture of a loop on the plan of its hall."""
    ground = _Ground(chart, hall)
    at = _junctions(chart, ground)
    ways, boxes, pumps, words = [], [], [], []
    for thing in chart.things:
        lower, upper = ground.corners(thing.name)
        size = (upper[0] - lower[0], upper[1] - lower[1])
        still = abs(thing.flow) < FLOWLESS
        short = isinstance(thing, Rack) and thing.short
        boxes.append(Box(thing.name, lower, size, (), still, short))
        ways += _through(thing, at, ground.middle(thing.name))
        words += _labels(thing, lower, upper)
        if isinstance(thing, Unit):
            pumps += _pumps(thing, lower, upper)
    return Sketch(
        chart.title,
        ground.size,
        (*ways, *_pipes(chart, at)),
        tuple(boxes),
        tuple(pumps),
        tuple(words),
        NOTE,
        on_plan=True,
    )


class _Ground:
    """Metres of the hall as inches of the picture."""

    def __init__(self, chart: Chart, hall: Hall) -> None:
        solids = {d.name: d.box for d in hall.devices} | {b.name: b.box for b in hall.blocks}
        self.solids: dict[str, Solid] = {thing.name: solids[thing.name] for thing in chart.things}
        lower = np.min([box.lower[:2] for box in self.solids.values()], axis=0)
        upper = np.max([box.upper[:2] for box in self.solids.values()], axis=0)
        room = (np.array([WIDTH, HEIGHT]) - 2 * MARGIN) / np.maximum(upper - lower, 0.1)
        self.scale = float(np.clip(room.min(), LEAST, MOST))
        self.origin = lower
        inches = self.scale * (upper - lower) + 2 * MARGIN
        self.size = (max(float(inches[0]), WIDTH), float(inches[1]))
        self.left = 0.5 * (self.size[0] - self.scale * (upper - lower)[0])

    def corners(self, name: str) -> tuple[Point, Point]:
        """Corners of a thing's footprint."""
        box = self.solids[name]
        return self._point(box.lower), self._point(box.upper)

    def middle(self, name: str) -> np.ndarray:
        """Middle of a thing's footprint."""
        return np.mean(self.corners(name), axis=0)

    def _point(self, place: Any) -> Point:
        x, y = self.scale * (np.asarray(place[:2]) - self.origin)
        return self.left + float(x), MARGIN + float(y)


def _junctions(chart: Chart, ground: _Ground) -> dict[str, np.ndarray]:
    """Place of every junction."""
    known: dict[str, list[np.ndarray]] = defaultdict(list)
    for thing in chart.things:
        for junction, sign in zip(thing.ends, (1.0, -1.0), strict=True):
            known[junction].append(ground.middle(thing.name) + sign * APART)
    at = {junction: np.mean(places, axis=0) for junction, places in known.items()}
    names = dict.fromkeys(end for pipe in chart.pipes for end in pipe.ends)
    free = {name: n for n, name in enumerate(name for name in names if name not in at)}
    if not free:
        return at
    matrix, right = 1e-9 * np.eye(len(free)), np.zeros((len(free), 2))
    right += 1e-9 * np.mean(list(at.values()), axis=0)
    for pipe in chart.pipes:
        for one, two in (pipe.ends, pipe.ends[::-1]):
            if one in free:
                matrix[free[one], free[one]] += 1.0
                if two in free:
                    matrix[free[one], free[two]] -= 1.0
                else:
                    right[free[one]] += at[two]
    places = np.linalg.solve(matrix, right)
    return at | {name: places[n] for name, n in free.items()}


def _pipes(chart: Chart, at: dict[str, np.ndarray]) -> list[Line]:
    """Pipes between their junctions; several between the same two lie side by side."""
    lines, seen = [], Counter[frozenset[str]]()
    for pipe in chart.pipes:
        one, two = (at[end] for end in pipe.ends)
        beside, ends = seen[frozenset(pipe.ends)], frozenset(pipe.ends)
        seen[ends] += 1
        across = np.array([one[1] - two[1], two[0] - one[0]])
        across *= APART * beside / max(float(np.linalg.norm(across)), 1e-9)
        corners = (one, one + across, two + across, two) if beside else (one, two)
        lines.append(line(pipe.name, _points(*corners), pipe.flow, pipe.T, arrow=True))
    return lines


def _through(thing: Unit | Rack, at: dict[str, np.ndarray], middle: np.ndarray) -> list[Line]:
    """From supply to return through a rack, from return to supply through a unit."""
    supply, back = (at[junction] for junction in thing.ends)
    points = _points(supply, middle + APART, middle - APART, back)
    if isinstance(thing, Unit):
        points = points[::-1]
    return [line(thing.name, points, thing.flow, thing.T)]


def _points(*corners: np.ndarray) -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in corners)


def _labels(thing: Unit | Rack, lower: Point, upper: Point) -> list[Words]:
    """Name and number at the two ends of a footprint, in opposite corners of one that lies."""
    number = f"{thing.flow:,.0f} L/min" if abs(thing.flow) >= FLOWLESS else "no flow"
    if isinstance(thing, Rack) and thing.share is not None and abs(thing.flow) >= FLOWLESS:
        number = f"{thing.share:.0f} %"
    halves = [0.5 * len(text) * LETTER + 0.05 for text in (thing.name, number)]
    upright = False
    if _stands(lower, upper):
        x = 0.5 * (lower[0] + upper[0])
        upright = 2 * max(halves) > upper[0] - lower[0]
        gaps = halves if upright else (ROW, ROW)
        places = (x, lower[1] + gaps[0]), (x, upper[1] - gaps[1])
    else:
        high = 0.7 * ROW
        places = (lower[0] + halves[0], upper[1] - high), (upper[0] - halves[1], lower[1] + high)
    short = isinstance(thing, Rack) and thing.short
    return [
        Words(thing.name, places[0], upright, bold=True, warning=short),
        Words(number, places[1], upright, warning=short),
    ]


def _pumps(unit: Unit, lower: Point, upper: Point) -> list[Turning]:
    """Pumps at the end of a unit where its name is."""
    count = len(unit.pumps)
    step = min(0.3, (upper[0] - lower[0]) / max(count, 1))
    middle, y = 0.5 * (lower[0] + upper[0]), lower[1] + 2.4 * ROW
    if not _stands(lower, upper):
        middle, y = lower[0] + 0.1 + 0.5 * count * step, lower[1] + ROW
    return [
        Turning((middle + (k - 0.5 * (count - 1)) * step, y), pump.running)
        for k, pump in enumerate(unit.pumps)
    ]


def _stands(lower: Point, upper: Point) -> bool:
    """Whether a footprint is longer up than across."""
    return upper[1] - lower[1] >= upper[0] - lower[0]
