"""What fails in the shell: a door left open, a blanking panel missing, a tile or grille blocked.

Each is a rectangle that replaces what was there. On the grid of the hall it takes whole faces; its
loss coefficient makes up for what these have too much or too little of.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from geometry.grid import Grid
from geometry.hall import FACES, Baffle, Box, axis_of, side_of
from rehall.config import Case
from rehall.layout import Item
from rehall.redundancy.outage import Outage
from rehall.schema.hall import Containment
from rehall.shell import ON_SHELL, box_of

DOOR = (0.9, 2.1)
"""Width and height of a door in a containment [m]: a usual door leaf (assumed)."""
PANEL = (0.45, 0.445)
"""Opening left by blanking panels of ten rack units [m]: IEC 60297, 450 mm between the posts and
44.45 mm a unit; how many are missing is assumed."""
CONTRACTION = 0.61
"""Discharge coefficient of a sharp-edged opening [-]: Idelchik, diagram 4-18 at large Re."""
GROUP = "containment and tiles"
FREE = 0.5
"""Share of the lower part of a face that has to be free of equipment for a door [-]."""


def shell_failures(case: Case) -> Iterator[Outage]:
    """Doors and panels of every containment, perforated tiles and grilles."""
    for aisle in case.hall.containment:
        door, panel = _door(case, aisle), _panel(case, aisle)
        if door is not None:
            name = f"door of {aisle.name} open"
            yield Outage(name, aisle.name, "containment", "door", GROUP, baffles=(door,))
        if panel is not None:
            name = f"blanking panel of {aisle.name} missing"
            yield Outage(name, aisle.name, "containment", "panel", GROUP, baffles=(panel,))
    leaking = {f"{aisle.name} {face}" for aisle in case.hall.containment for face in FACES}
    for baffle in case.geometry.baffles:
        passes = math.isfinite(baffle.loss_coefficient)
        if passes and baffle.name not in leaking and baffle.name != "raised floor":
            shut = replace(baffle, loss_coefficient=math.inf)
            name = f"{baffle.name} blocked"
            yield Outage(name, baffle.name, "tile", "blocked", GROUP, baffles=(shut,))


def on_grid(hole: Baffle, grid: Grid) -> Baffle:
    """An opening on the faces of a grid nearest to it, one at least, that lets as much through.

    What passes an area A of a sharp-edged opening loses (1 / C)^2 velocity heads in it, the last of
    which the solved flow loses behind it; on faces of an area A_g that is (A_g / A / C)^2 - 1.
    """
    rectangle = hole.rectangle
    axis = rectangle.flat_axis
    assert axis is not None, f"{hole.name} is no rectangle"
    lower, upper = list(rectangle.lower), list(rectangle.upper)
    for along in range(3):
        lines = grid.faces[along]
        first = grid.index(along, rectangle.lower[along])
        last = grid.index(along, rectangle.upper[along])
        if along != axis and last == first:
            middle = 0.5 * (rectangle.lower[along] + rectangle.upper[along])
            first = int(np.clip(np.searchsorted(lines, middle) - 1, 0, len(lines) - 2))
            last = first + 1
        lower[along], upper[along] = float(lines[first]), float(lines[last])
    taken = box_of(tuple(lower), tuple(upper))
    ratio = area(taken, axis) / area(rectangle, axis)
    loss = max((ratio / CONTRACTION) ** 2 - 1.0, 0.0)
    return replace(hole, rectangle=taken, loss_coefficient=loss)


def area(rectangle: Box, axis: int) -> float:
    """Area of a rectangle normal to an axis [m2]."""
    return math.prod(length for along, length in enumerate(rectangle.size) if along != axis)


def _door(case: Case, aisle: Containment) -> Baffle | None:
    """A door in the narrowest upright face that is free of equipment at the floor."""
    faces = [face for face in _closed(case, aisle) if axis_of(face) < 2]
    box = box_of(aisle.lower, aisle.upper)
    free = [face for face in faces if _free_share(case, box.face(face)) >= FREE]
    if not free:
        return None
    face = min(free, key=lambda face: box.face(face).size[1 - axis_of(face)])
    rectangle, along = box.face(face), 1 - axis_of(face)
    width = min(DOOR[0], rectangle.size[along])
    start = 0.5 * (rectangle.lower[along] + rectangle.upper[along] - width)
    top = min(rectangle.lower[2] + DOOR[1], rectangle.upper[2])
    hole = _patch(rectangle, along, start, start + width, rectangle.lower[2], top)
    return Baffle(f"door of {aisle.name}", hole, 0.0)


def _panel(case: Case, aisle: Containment) -> Baffle | None:
    """A hole right above the first piece of equipment that stands at a face of an aisle."""
    box = box_of(aisle.lower, aisle.upper)
    for face in _closed(case, aisle):
        if axis_of(face) == 2:
            continue
        rectangle, along = box.face(face), 1 - axis_of(face)
        for item in _at(case, rectangle):
            top = item.box.upper[2]
            if top + PANEL[1] <= rectangle.upper[2]:
                middle = 0.5 * (item.box.lower[along] + item.box.upper[along])
                ends = middle - 0.5 * PANEL[0], middle + 0.5 * PANEL[0]
                hole = _patch(rectangle, along, *ends, top, top + PANEL[1])
                return Baffle(f"blanking panel of {aisle.name}", hole, 0.0)
    return None


def _closed(case: Case, aisle: Containment) -> list[str]:
    """Faces of an aisle that are panels: not open, and not the shell itself."""
    size, found = case.hall.size, []
    for face in FACES:
        axis = axis_of(face)
        at = aisle.upper[axis] if side_of(face) > 0 else aisle.lower[axis]
        shell = size[axis] if side_of(face) > 0 else 0.0
        if face not in aisle.open and abs(at - shell) > ON_SHELL:
            found.append(face)
    return found


def _at(case: Case, rectangle: Box) -> list[Item]:
    """Equipment that stands with a face in a rectangle."""
    axis = rectangle.flat_axis
    assert axis is not None, "an upright face"
    others = [a for a in range(3) if a != axis]
    at = rectangle.lower[axis]
    return [
        item
        for item in case.items
        if min(abs(item.box.lower[axis] - at), abs(item.box.upper[axis] - at)) < ON_SHELL
        and all(
            item.box.lower[a] < rectangle.upper[a] and item.box.upper[a] > rectangle.lower[a]
            for a in others
        )
    ]


def _free_share(case: Case, rectangle: Box) -> float:
    """Share of the width of an upright face that no equipment stands at [-]."""
    axis = rectangle.flat_axis
    assert axis is not None, "an upright face"
    along = 1 - axis
    taken = sum(
        min(item.box.upper[along], rectangle.upper[along])
        - max(item.box.lower[along], rectangle.lower[along])
        for item in _at(case, rectangle)
    )
    return 1.0 - taken / rectangle.size[along]


def _patch(rectangle: Box, along: int, first: float, last: float, bottom: float, top: float) -> Box:
    """Part of an upright rectangle."""
    lower, upper = list(rectangle.lower), list(rectangle.upper)
    lower[along], upper[along], lower[2], upper[2] = first, last, bottom, top
    return box_of(tuple(lower), tuple(upper))
