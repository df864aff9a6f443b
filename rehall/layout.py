"""Equipment where it stands: rows expanded to pieces with boxes, and the hall as geometry."""

from dataclasses import dataclass
from typing import cast

from geometry.hall import Block, Box, Device, Hall, Opening, axis_of, opposite
from rehall.schema.document import CasePath
from rehall.schema.entries import Cdu, CoolingUnit, Placed, Rack
from rehall.schema.equipment import ReturnControl, Row, Unit
from rehall.schema.hall import HallSpec
from rehall.shell import NodeItem, OpeningItem, baffles_of, box_at, box_of, names_in_row


@dataclass(frozen=True)
class Item:
    """A piece of equipment where it stands, operated as the case says. SI units."""

    name: str
    kind: str
    entry: Placed
    box: Box
    facing: str
    loop: str | None
    facility: str | None
    feeds: tuple[str, ...]
    power: float
    air_flow: float | None
    supply: float | None
    control: ReturnControl | None
    fan_law: tuple[tuple[float, float], ...] | None
    on: bool
    group: str
    where: CasePath
    line: int
    pumps: int | None = None  # that run, where that is not as rated
    phases: str = "abc"
    tripped: tuple[int, ...] = ()  # pumps that an event has stopped, from 0
    water: bool = True  # whether the valve of its facility water can open
    filters: float | None = None  # pressure over that of clean ones, where not as its loop's [-]

    @property
    def heat_to_liquid(self) -> float:
        """Heat that servers give to coolant [W]; 0 for everything else."""
        return self.power * getattr(self.entry, "liquid_fraction", 0.0)

    @property
    def heat_to_air(self) -> float:
        """Heat given to the air [W]: of servers what liquid does not take, of fans all.

        A CDU gives its pump power to the coolant, none to the air.
        """
        return 0.0 if isinstance(self.entry, Cdu) else self.power - self.heat_to_liquid

    @property
    def coolant_wanted(self) -> float:
        """Flow of coolant that the entry asks for at this power [m3/s]; 0 without coolant."""
        coolant = getattr(self.entry, "coolant", None)
        return 0.0 if coolant is None else coolant.flow_nominal(self.heat_to_liquid)

    @property
    def power_factor(self) -> float:
        """Power factor of the piece as a load [-]."""
        return float(getattr(self.entry, "power_factor", 1.0))


def size_as_placed(entry: Placed, facing: str) -> tuple[float, float, float]:
    """Return the extent along x, y, z of an entry (width, depth, height) that faces a side."""
    width, depth, height = entry.size
    return (depth, width, height) if axis_of(facing) == 0 else (width, depth, height)


def operated_power(entry: Placed) -> float:
    """Return the power [W] that an entry draws where the case does not say otherwise."""
    if isinstance(entry, CoolingUnit):
        return entry.fan_power
    if isinstance(entry, Cdu):
        return entry.pump.power
    return float(cast(Rack, entry).power)


def expand_piece(
    piece: Row | Unit, entry: Placed, z_default: float, where: CasePath, line: int
) -> list[Item]:
    """Return the items of a row or of a single unit."""
    size = size_as_placed(entry, piece.facing)
    z = z_default if piece.z is None else piece.z
    along = 1 - axis_of(piece.facing)
    if isinstance(piece, Row):
        pitch = size[along] if piece.pitch is None else piece.pitch
        names, first = names_in_row(piece.name, piece.count, piece.start), piece.first
    else:
        pitch, names, first = 0.0, [piece.name], piece.at
    power = operated_power(entry) if piece.power is None else piece.power
    items = []
    for index, name in enumerate(names):
        corner = [first[0], first[1], z]
        corner[along] += index * pitch
        items.append(
            Item(
                name=name,
                kind=str(getattr(entry, "kind", "")),
                entry=entry,
                box=box_at((corner[0], corner[1], corner[2]), size),
                facing=piece.facing,
                loop=piece.loop,
                facility=piece.facility,
                feeds=piece.feeds,
                power=power if piece.on else 0.0,
                air_flow=piece.air_flow,
                supply=piece.supply,
                control=piece.control,
                fan_law=piece.fan_law,
                on=piece.on,
                group=piece.name,
                where=where,
                line=line,
                phases=piece.phases if piece.phases != "rotate" else "abc"[index % 3],
            )
        )
    return items


def hall_of(
    hall: HallSpec, items: list[Item], openings: list[OpeningItem], nodes: list[NodeItem]
) -> Hall:
    """Return the hall as geometry; nodes with a box stand in it, busways and lines hang free."""
    blocks = [Block(o.name, box_of(o.lower, o.upper)) for o in hall.obstacles]
    blocks += [Block(item.name, item.box) for item in items if not moves_air(item)]
    blocks += [
        Block(node.name, node.box)
        for node in nodes
        if node.box is not None and node.kind not in ("busway", "line")
    ]
    return Hall(
        size=hall.size,
        blocks=tuple(blocks),
        devices=tuple(device_of(item) for item in items if moves_air(item)),
        openings=tuple(Opening(o.name, o.kind, o.rectangle, o.loss_coefficient) for o in openings),
        baffles=tuple(baffles_of(hall)),
    )


def moves_air(item: Item) -> bool:
    """Whether a piece takes air in and gives it out."""
    return isinstance(item.entry, CoolingUnit) or getattr(item.entry, "air_flow", None) is not None


def has_rear_door(item: Item) -> bool:
    """Whether a rack's air leaves through a coil in its rear door."""
    return getattr(item.entry, "rear_door", None) is not None


def device_of(item: Item) -> Device:
    """Return through-flow equipment: servers from front to back, cooling units as they say."""
    if isinstance(item.entry, CoolingUnit):
        sides = {"front": item.facing, "back": opposite(item.facing), "top": "+z", "bottom": "-z"}
        intake, discharge = sides[item.entry.intake], sides[item.entry.discharge]
        return Device(item.name, item.kind, item.box, intake, discharge, "mixed")
    return Device(item.name, item.kind, item.box, item.facing, opposite(item.facing), "layers")
