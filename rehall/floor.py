"""The floor of a hall as a raster: what stands on it, what is kept clear, and its rooms.

Clearances are those that this file states; a case has none of its own.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from geometry.hall import Baffle, Box, axis_of, opposite, side_of
from rehall.config import Case
from rehall.layout import Item, moves_air
from rehall.schema.entries import Cdu, CoolingUnit
from rehall.shell import box_of

STEP = 0.1
"""Edge of a raster cell [m]; a wall takes one cell."""
FRONT_AISLE = 1.2
"""Clear depth before equipment [m]: ANSI/TIA-942 prefers 1.2 m over the least, 1 m."""
REAR_AISLE = 0.9
"""Clear depth behind equipment [m]: NEC 110.26(A)(1), condition 1 (3 ft of working space)."""
OPENING_CLEARANCE = 1.2
"""Clear depth before an opening in a wall [m]; assumed, as much as before equipment."""
_BESIDE = 3  # cells; how deep to look for the room beside a face, past a wall that lies on it


@dataclass(frozen=True, eq=False)
class Floor:
    """What every cell of the floor [x, y] is taken by; a cell may be several at once.

    No rack stands on any of the four. An aisle may cross `kept` (service space, tiles, the space
    before openings, containment), and the aisles of its own kind, but no other.
    """

    solid: np.ndarray  # equipment, obstacles, walls
    kept: np.ndarray
    front: np.ndarray  # aisles before servers: cold
    rear: np.ndarray  # aisles behind servers: hot

    @cached_property
    def rooms(self) -> np.ndarray:
        """Number of the room of each cell: walls and equipment part them; 0 where it is solid."""
        return ndimage.label(~self.solid)[0]

    def room_beside(self, box: Box, face: str) -> int:
        """The room that an upright face of a box looks into; 0 for none."""
        found = self.rooms[self.cells(strip(box, face, _BESIDE * STEP))]
        counts = np.bincount(found.ravel())[1:]
        return int(counts.argmax()) + 1 if counts.any() else 0

    def cells(self, box: Box) -> tuple[slice, slice]:
        """The cells that a box covers wholly or in part; at least one along each axis."""
        spans = zip(box.lower, box.upper, self.solid.shape, strict=False)
        x, y = (_span(lower, upper, n) for lower, upper, n in spans)
        return x, y


def _span(lower: float, upper: float, n: int) -> slice:
    first = math.floor(lower / STEP + 1e-6)
    last = max(math.ceil(upper / STEP - 1e-6), first + 1)
    return slice(min(max(first, 0), n), min(max(last, 0), n))


def strip(box: Box, face: str, depth: float) -> Box:
    """The box of a depth [m] that lies before a face."""
    lower, upper, axis = list(box.lower), list(box.upper), axis_of(face)
    if side_of(face) > 0:
        lower[axis], upper[axis] = upper[axis], upper[axis] + depth
    else:
        lower[axis], upper[axis] = lower[axis] - depth, lower[axis]
    return box_of(tuple(lower), tuple(upper))


def floor_level(case: Case) -> float:
    """Height of what equipment stands on [m]."""
    return case.hall.raised_floor.height if case.hall.raised_floor else 0.0


def floor_of(case: Case, height: float) -> Floor:
    """The floor as a rack of a height [m] finds it: what hangs above it does not count."""
    n = [math.floor(length / STEP + 1e-6) for length in case.hall.size[:2]]
    floor = Floor(*(np.zeros(n, dtype=bool) for _ in range(4)))
    level = (floor_level(case), floor_level(case) + height)
    if level[1] > case.hall.size[2]:
        floor.solid[...] = True
    for box in _solids(case, level):
        floor.solid[floor.cells(box)] = True
    for box in _kept(case, level):
        floor.kept[floor.cells(box)] = True
    for item in case.items:
        if meets(item.box, level) and is_server(item):
            floor.front[floor.cells(strip(item.box, item.facing, FRONT_AISLE))] = True
            floor.rear[floor.cells(strip(item.box, opposite(item.facing), REAR_AISLE))] = True
    return floor


def is_server(item: Item) -> bool:
    """Whether a piece is a rack, miner or shelf: whatever neither cools nor pumps."""
    return not isinstance(item.entry, CoolingUnit | Cdu)


def meets(box: Box, level: tuple[float, float]) -> bool:
    """Whether a box stands between two heights [m]."""
    return box.lower[2] < level[1] and box.upper[2] > level[0]


def _solids(case: Case, level: tuple[float, float]) -> Iterator[Box]:
    yield from (block.box for block in case.geometry.blocks if meets(block.box, level))
    yield from (device.box for device in case.geometry.devices if meets(device.box, level))
    yield from (b.rectangle for b in case.geometry.baffles if meets(b.rectangle, level))


def _kept(case: Case, level: tuple[float, float]) -> Iterator[Box]:
    yield from tiles(case)
    yield from (box for box in map(_box_of_aisle, case.hall.containment) if meets(box, level))
    for item in case.items:
        if meets(item.box, level) and not is_server(item):
            yield strip(item.box, item.facing, FRONT_AISLE)
            yield strip(item.box, opposite(item.facing), REAR_AISLE)
    for opening in case.openings:
        if not opening.wall.endswith("z") and meets(opening.rectangle, level):
            yield strip(opening.rectangle, opposite(opening.wall), OPENING_CLEARANCE)
        elif opening.wall == "-z":
            yield opening.rectangle


def _box_of_aisle(aisle) -> Box:
    return box_of(aisle.lower, aisle.upper)


def tiles(case: Case) -> list[Box]:
    """The perforated tiles of the raised floor."""

    def is_tile(baffle: Baffle) -> bool:
        at_floor = baffle.rectangle.lower[2] == baffle.rectangle.upper[2] == floor_level(case)
        return at_floor and math.isfinite(baffle.loss_coefficient)

    return [baffle.rectangle for baffle in case.geometry.baffles if is_tile(baffle)]


def cooled_rooms(case: Case, floor: Floor) -> set[int]:
    """Rooms into which running cooling units blow, themselves or through the tiles.

    Without cooling units: those from which servers draw or into which openings of the walls lead;
    without these, all.
    """
    units = [item for item in case.items if isinstance(item.entry, CoolingUnit) and item.on]
    found = set()
    for unit in units:
        device = next(d for d in case.geometry.devices if d.name == unit.name)
        found.add(floor.room_beside(unit.box, _upright(device.discharge, unit)))
    if units:
        found |= {room for box in tiles(case) for room in np.unique(floor.rooms[floor.cells(box)])}
    else:
        found = {floor.room_beside(i.box, i.facing) for i in case.items if moves_air(i)}
        walls = [o for o in case.openings if not o.wall.endswith("z")]
        found |= {floor.room_beside(o.rectangle, opposite(o.wall)) for o in walls}
    found = {int(room) for room in found if room}
    return found or set(range(1, int(floor.rooms.max()) + 1))


def _upright(face: str, item: Item) -> str:
    """An upright face as it is; the front for air that leaves at top or bottom."""
    return item.facing if face.endswith("z") else face
