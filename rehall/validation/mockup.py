"""The left half of FM Global's data-hall mock-up as a hall, from its geometry.yaml; in metres."""

from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from geometry.grid import Grid, build_grid
from geometry.hall import Baffle, Box, Hall, Opening

FOLDER = Path(__file__).parents[2] / "validation" / "air" / "fm_datacenter"
DATA = YAML(typ="safe").load(FOLDER / "geometry.yaml")

MIDDLE, LENGTH, HEIGHT = 2.4384, 7.3152, 4.8768
FLOOR, CEILING = 0.8636, 3.9878  # planes that stand for the slabs
AISLE, FRONT = 0.6096, 1.9812  # wall of doors; where cabinets begin along y
REAR, REAR_DEEP, DEEP_FROM, INSERT = 1.2192, 1.3716, 6.5532, 1.0414
TOP = 2.7432  # of cabinets and cold aisle
POST_DRAG = 2.05  # of a square bar across the flow. Hoerner (1965), chapter III
SPEED_AT_INSERT = 0.9  # m/s, at which the law of the wire cloth becomes one coefficient
DENSITY = DATA["air"]["density"]


def half_hall(leaks: bool) -> Hall:
    """Return the half x < 2.4384 with a plane of symmetry, with or without the estimated seams."""
    baffles = (*_subfloor(), *_floor(leaks), *_cabinets(), *_trays(), *_ceiling(leaks))
    return Hall(
        (MIDDLE, LENGTH, HEIGHT), openings=_openings(leaks), baffles=baffles, symmetry=("+x",)
    )


def half_grid(cell: float) -> Grid:
    """Lines on the edges of slabs, windows, grates and grilles; the rest takes the nearest."""
    windows = [_plane(0, AISLE, (a, b), _upper()) for a, b in _windows()]
    studs = [_plane(1, 0.0, x, (0.0508, FLOOR)) for x in ((0.0508, 1.5748), (1.6764, MIDDLE))]
    planes = [
        *windows,
        *studs,
        *(_plane(2, CEILING, *area) for area in _grilles()),
        _plane(0, REAR, (FRONT, LENGTH), _lower()),
        _plane(0, REAR_DEEP, (DEEP_FROM, LENGTH), (FLOOR, TOP)),
        _plane(0, INSERT, (FRONT, LENGTH), (0.8128, 3.048)),
        _plane(1, FRONT, (0.0, AISLE), (FLOOR, FLOOR + 0.0508)),
    ]
    fixed = tuple(Baffle(f"line {n}", plane) for n, plane in enumerate(planes))
    return build_grid(Hall((MIDDLE, LENGTH, HEIGHT), baffles=fixed), cell, growth=1.6)


def _plane(axis: int, at: float, first: tuple, second: tuple) -> Box:
    """Rectangle normal to an axis; the two ranges are along the other axes, in order."""
    ranges = [first, second]
    ranges.insert(axis, (at, at))
    (x0, x1), (y0, y1), (z0, z1) = ((float(a), float(b)) for a, b in ranges)
    return Box((x0, y0, z0), (x1, y1, z1))


def _windows() -> list[tuple[float, float]]:
    upper = DATA["openings"]["cabinet_doors"]["upper"]
    return [(y, y + upper["width"]) for y in upper["y0"]]


def _upper() -> tuple[float, float]:
    return tuple(DATA["openings"]["cabinet_doors"]["upper"]["z"])


def _lower() -> tuple[float, float]:
    return tuple(DATA["openings"]["cabinet_doors"]["lower"]["z"])


def _grilles() -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Those of the left half, the middle ones cut at the plane of symmetry."""
    areas = DATA["openings"]["ceiling_grilles"]["areas"]
    return [((x0, min(x1, MIDDLE)), (y0, y1)) for x0, x1, y0, y1 in areas if x0 < MIDDLE]


def _subfloor() -> list[Baffle]:
    """Posts as screens with the drag of their row, stringers as strips below the floor."""
    posts = DATA["solids"]["floor_pedestals"]
    low, _ = DATA["solids"]["floor_stringers"]["z"]
    side, strips, screens = posts["side"], [], []
    for axis, lines, across, ends in (
        (0, posts["x"], len(posts["y"]) / LENGTH, ((0.0, LENGTH),)),
        (1, posts["y"], len(posts["x"]) / (2 * MIDDLE), ((0.0, MIDDLE),)),
    ):
        K = POST_DRAG * side * across
        middles = [line + side / 2 for line in lines]
        limit = (MIDDLE, LENGTH)[axis]
        for n, at in enumerate(m for m in middles if 0.1 < m < limit - 0.1):
            screens.append(Baffle(f"posts {axis} {n}", _plane(axis, at, ends[0], (0.0, low)), K))
            strips.append(Baffle(f"strip {axis} {n}", _plane(axis, at, ends[0], (low, FLOOR))))
    return [*screens, *strips]


def _floor(leaks: bool) -> list[Baffle]:
    grates = DATA["openings"]["floor_grates"]
    floor = Baffle("floor", _plane(2, FLOOR, (0, MIDDLE), (0, LENGTH)))
    grate = _porous("grate", _plane(2, FLOOR, (0, AISLE), (FRONT, LENGTH)), grates)
    return [floor, *(_floor_seams() if leaks else []), grate, *_blades()]


def _porous(name: str, plane: Box, data: dict) -> Baffle:
    """Perforated sheet. Its holes are far smaller than a cell, so their jets merge within one."""
    return Baffle(name, plane, data["K"])


def _blades() -> list[Baffle]:
    """Egg crate of the grates: thin walls, 50.8 mm high, 152.4 mm apart both ways."""
    z = (FLOOR, FLOOR + 0.0508)
    along = [(0, x, (FRONT, LENGTH)) for x in np.arange(0.1524, AISLE - 0.01, 0.1524)]
    across = [(1, y, (0.0, AISLE)) for y in np.arange(FRONT + 0.1524, LENGTH - 0.01, 0.1524)]
    return [
        Baffle(f"blade {axis} {at:.4f}", _plane(axis, float(at), ends, z))
        for axis, at, ends in [*along, *across]
    ]


def _floor_seams() -> list[Baffle]:
    """The estimated seams, spread over the tiles they border, as geometry.yaml divides them."""
    seams, posts = DATA["leakage"]["floor_seams"], DATA["solids"]["floor_pedestals"]
    before = [y for y in posts["y"] if y < FRONT]
    in_front = len(posts["x"]) * FRONT + len(before) * 2 * MIDDLE
    behind = 5 * (LENGTH - FRONT) + (len(posts["y"]) - len(before)) * 3.556
    half = seams["total_area"] / 2
    areas = {
        "front": (half * in_front / (in_front + behind), (0.0, MIDDLE), (0.0, FRONT)),
        "cabinets": (half * 0.11, (AISLE, REAR), (FRONT, LENGTH)),
    }
    rest = half - sum(area for area, _, _ in areas.values())
    areas["hot aisle"] = (rest, (REAR, MIDDLE), (FRONT, LENGTH))
    return [_seam(name, area, _plane(2, FLOOR, x, y)) for name, (area, x, y) in areas.items()]


def _seam(name: str, area: float, rectangle: Box) -> Baffle:
    """Orifices of discharge coefficient 1 whose slits blow as jets."""
    x, y, _ = rectangle.size
    share = area / (x * y)
    return Baffle(f"seams {name}", rectangle, share**-2, share)


def _cabinets() -> list[Baffle]:
    doors = DATA["openings"]["cabinet_doors"]
    inserts = DATA["openings"]["cabinet_inserts"]
    height = (FLOOR, TOP)
    parts = [
        _plane(1, FRONT, (0, REAR), height),
        _plane(2, TOP, (0, REAR), (FRONT, DEEP_FROM)),
        _plane(2, TOP, (0, REAR_DEEP), (DEEP_FROM, LENGTH)),
        _plane(0, AISLE, (FRONT, LENGTH), height),
        _plane(0, REAR, (FRONT, DEEP_FROM), height),
        _plane(0, REAR_DEEP, (DEEP_FROM, LENGTH), height),
    ]
    partitions = DATA["solids"]["cabinet_partitions"]
    for y in partitions["y"][1:]:
        parts.append(_plane(1, y + 0.0254, (AISLE, REAR), height))
    parts.append(_plane(1, DEEP_FROM, (AISLE, REAR_DEEP), height))
    found = [Baffle(f"panel {n}", plane) for n, plane in enumerate(parts)]
    U = SPEED_AT_INSERT
    drop = inserts["resistance_linear"] * U + inserts["resistance_quadratic"] * U**2
    cloth = drop / (0.5 * DENSITY * U**2)
    found += [
        Baffle("cloth", _plane(0, INSERT, (FRONT, DEEP_FROM), height), cloth),
        Baffle("cloth deep", _plane(0, REAR, (DEEP_FROM, LENGTH), height), cloth),
    ]
    for n, (a, b) in enumerate(_windows()):
        rear = REAR_DEEP if a > DEEP_FROM else REAR
        for x in (AISLE, rear):
            for z in (_upper(), _lower()):
                window = _plane(0, x, (a, b), z)
                found.append(_porous(f"window {n} {x} {z[0]}", window, doors))
    return found


def _trays() -> list[Baffle]:
    return [
        Baffle("tray", _plane(2, 3.048, (0.7112, 1.1684), (FRONT, LENGTH))),
        *(
            Baffle(f"lip {x}", _plane(0, x, (FRONT, LENGTH), (3.048, 3.1496)))
            for x in (0.7112, 1.1684)
        ),
    ]


def _ceiling(leaks: bool) -> list[Baffle]:
    grilles = DATA["openings"]["ceiling_grilles"]
    whole = _plane(2, CEILING, (0, MIDDLE), (0, LENGTH))
    found = [Baffle("ceiling", whole)]
    if leaks:
        open_area = sum((x1 - x0) * (y1 - y0) for (x0, x1), (y0, y1) in _grilles())
        share = DATA["leakage"]["ceiling_seams"]["total_area"] / 2
        share /= MIDDLE * LENGTH - open_area
        found = [Baffle("ceiling", whole, share**-2, share)]
    return found + [
        _porous(f"grille {n}", _plane(2, CEILING, *area), grilles)
        for n, area in enumerate(_grilles())
    ]


def _openings(leaks: bool) -> tuple[Opening, ...]:
    K = DATA["openings"]["inlet"]["K"]
    found = [
        Opening("inlet left", "outdoor", _plane(1, 0.0, (0.0508, 1.5748), (0.0508, FLOOR)), K),
        Opening("inlet right", "outdoor", _plane(1, 0.0, (1.6764, MIDDLE), (0.0508, FLOOR)), K),
        Opening("fan", "exhaust", _plane(1, 0.0, (0.0508, MIDDLE), (CEILING, HEIGHT))),
    ]
    if leaks:
        door = _plane(1, 0.0, (1.6256, MIDDLE), (0.9652, 2.6924))
        x, _, z = door.size
        loss = (x * z / (DATA["leakage"]["door"]["total_area"] / 2)) ** 2
        found.append(Opening("door", "outdoor", door, float(np.round(loss))))
    return tuple(found)
