"""The shell and what is in it: openings, partitions, containment, floor tiles, power nodes."""

import math
from dataclasses import dataclass

from geometry.hall import FACES, Baffle, Box, axis_of, side_of
from rehall.schema.document import CasePath
from rehall.schema.entries import Entry, EvaporativePad, ExhaustFan, Louvre
from rehall.schema.hall import Containment, HallSpec, OpeningSpec, Patches

ON_SHELL = 1e-3  # m; nearer than this, a face lies on the shell
OVERSPEED = 1.001
"""Speed above full speed that is still taken for rounding [-]."""


@dataclass(frozen=True)
class OpeningItem:
    """One opening of the shell with what it does. SI units; None where it has no such figure.

    `held` tells that its flow is the case's, not that of a catalogue entry.
    """

    name: str
    kind: str
    wall: str
    rectangle: Box
    loss_coefficient: float
    flow: float | None
    held: bool
    temperature: float | None
    power: float
    power_factor: float
    entry: Entry | None
    feeds: tuple[str, ...]
    group: str
    where: CasePath
    line: int


@dataclass(frozen=True)
class NodeItem:
    """A node of the power chain with its entry; the box is None outside the hall.

    `air` is the temperature round a node that stands outside [K]; `direct` tells direct current.
    """

    name: str
    kind: str
    entry: Entry
    feeds: tuple[str, ...]
    voltage: float
    direct: bool
    length: float
    air: float | None
    box: Box | None
    where: CasePath
    line: int


def curved(opening: OpeningItem) -> ExhaustFan | None:
    """The exhaust fan of an opening whose flow follows its curve; None of any other."""
    entry = opening.entry
    if isinstance(entry, ExhaustFan) and entry.curve is not None and not opening.held:
        return entry
    return None


def perforated_loss(open_fraction: float) -> float:
    """Loss coefficient of a thin perforated plate, on the velocity before it [-].

    K = ((0.707 sqrt(1 - f) + 1 - f) / f)^2: Idelchik, Handbook of Hydraulic Resistance,
    diagram 8-1 (sharp edges, Re above 1e5), as compiled in Electronics Cooling, May 1998.

    >>> round(perforated_loss(0.5), 3)
    3.999
    """
    closed = 1.0 - open_fraction
    return ((0.707 * math.sqrt(closed) + closed) / open_fraction) ** 2


def names_in_row(name: str, count: int, start: int = 1) -> list[str]:
    """Return `A01`, `A02`, ... for the members of a row.

    >>> names_in_row("A", 3)
    ['A01', 'A02', 'A03']
    """
    last = start + count - 1
    digits = max(2, len(str(last)))
    return [f"{name}{number:0{digits}d}" for number in range(start, last + 1)]


def box_at(corner: tuple[float, float, float], size: tuple[float, float, float]) -> Box:
    """Return the box from its lower corner, on micrometres so that neighbours meet exactly."""
    lower = tuple(round(c, 6) for c in corner)
    upper = tuple(round(c + s, 6) for c, s in zip(corner, size, strict=True))
    return box_of(lower, upper)


def box_of(lower: tuple[float, ...], upper: tuple[float, ...]) -> Box:
    """Return a box from two corners of three coordinates."""
    return Box((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))


def expand_patches(
    patches: Patches, size: tuple[float, float] | None
) -> list[tuple[str, tuple[float, float], tuple[float, float]]]:
    """Return name and the two corners in the plane of each rectangle."""
    if patches.lower and patches.upper:
        return [(patches.name, patches.lower, patches.upper)]
    raster, size = patches.rows, patches.size or size
    if raster is None or size is None:  # the schema wants rows, the references want a size
        return []
    names = iter(names_in_row(patches.name, raster.count[0] * raster.count[1]))
    corners = [
        (raster.first[0] + i * raster.pitch[0], raster.first[1] + j * raster.pitch[1])
        for j in range(raster.count[1])
        for i in range(raster.count[0])
    ]
    return [(next(names), (a, b), (a + size[0], b + size[1])) for a, b in corners]


def in_plane(axis: int, at: float, lower: tuple[float, float], upper: tuple[float, float]) -> Box:
    """Return the rectangle of two corners in the plane normal to `axis` at a coordinate."""
    low, high = [round(c, 6) for c in lower], [round(c, 6) for c in upper]
    low.insert(axis, at)
    high.insert(axis, at)
    return box_of(tuple(low), tuple(high))


def expand_opening(
    spec: OpeningSpec, entry: Entry | None, hall: HallSpec, where: CasePath, line: int
) -> list[OpeningItem]:
    """Return the openings of one line of `hall.openings`."""
    axis = axis_of(spec.wall)
    at = hall.size[axis] if side_of(spec.wall) > 0 else 0.0
    fan = entry if isinstance(entry, ExhaustFan) else None
    return [
        OpeningItem(
            name=name,
            kind=spec.kind or ("exhaust" if fan else "outdoor"),
            wall=spec.wall,
            rectangle=in_plane(axis, at, lower, upper),
            loss_coefficient=opening_loss(spec, entry),
            flow=spec.flow if spec.flow is not None else fan.flow if fan else None,
            held=spec.flow is not None,
            temperature=spec.temperature,
            power=fan.power if fan else 0.0,
            power_factor=fan.power_factor if fan else 1.0,
            entry=entry,
            feeds=spec.feeds,
            group=spec.name,
            where=where,
            line=line,
        )
        for name, lower, upper in expand_patches(spec, fan.size if fan else None)
    ]


def opening_loss(spec: OpeningSpec, entry: Entry | None) -> float:
    """Return the loss coefficient of an opening on its face velocity [-]."""
    if isinstance(entry, Louvre | EvaporativePad):
        return entry.loss_coefficient
    if spec.loss_coefficient is not None:
        return spec.loss_coefficient
    return perforated_loss(spec.open_fraction) if spec.open_fraction is not None else 0.0


def baffles_of(hall: HallSpec) -> list[Baffle]:
    """Return partitions, containment and raised floor; tiles come after the floor they replace."""
    baffles = []
    for partition in hall.partitions:
        loss = partition.loss_coefficient
        if loss is None:
            open_fraction = partition.open_fraction
            loss = math.inf if open_fraction is None else perforated_loss(open_fraction)
        baffles.append(Baffle(partition.name, box_of(partition.lower, partition.upper), loss))
    for aisle in hall.containment:
        baffles += containment_faces(aisle, hall.size)
    if hall.raised_floor:
        height = hall.raised_floor.height
        floor = in_plane(2, height, (0.0, 0.0), (hall.size[0], hall.size[1]))
        leakage = hall.raised_floor.leakage
        tight = perforated_loss(leakage) if leakage > 0 else math.inf
        baffles.append(Baffle("raised floor", floor, tight))
        for tiles in hall.raised_floor.tiles:
            holes = tiles.open_fraction if hall.raised_floor.jets else 1.0
            loss = perforated_loss(tiles.open_fraction)
            baffles += [
                Baffle(name, in_plane(2, height, lower, upper), loss, holes)
                for name, lower, upper in expand_patches(tiles, None)
            ]
    return baffles


def containment_faces(aisle: Containment, size: tuple[float, float, float]) -> list[Baffle]:
    """Return the closed faces of an aisle, less those that are the shell itself."""
    box = box_of(aisle.lower, aisle.upper)
    loss = perforated_loss(aisle.leakage) if aisle.leakage > 0 else math.inf
    faces = []
    for face in FACES:
        axis = axis_of(face)
        at = box.upper[axis] if side_of(face) > 0 else box.lower[axis]
        shell = size[axis] if side_of(face) > 0 else 0.0
        if face not in aisle.open and abs(at - shell) > ON_SHELL:
            faces.append(Baffle(f"{aisle.name} {face}", box.face(face), loss))
    return faces
