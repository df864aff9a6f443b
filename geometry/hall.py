"""The hall as geometry: boxes and rectangles with names, plain SI floats, nothing to solve yet.

Coordinates are metres from the hall's lower corner, x along, y across, z up. A *rectangle* is a
`Box` of zero thickness along one axis.
"""

import math
from dataclasses import dataclass

Vector = tuple[float, float, float]

FACES = ("-x", "+x", "-y", "+y", "-z", "+z")
AXES = "xyz"


def axis_of(face: str) -> int:
    """Axis normal to a face: 0, 1 or 2 for `+y` -> 1.

    >>> axis_of("+y")
    1
    """
    return AXES.index(face[1])


def side_of(face: str) -> int:
    """Side of a face along its axis: -1 (lower) or +1 (upper)."""
    return 1 if face[0] == "+" else -1


def opposite(face: str) -> str:
    """Return the face on the other side of a box.

    >>> opposite("+y")
    '-y'
    """
    return ("-" if face[0] == "+" else "+") + face[1]


@dataclass(frozen=True)
class Box:
    """An axis-aligned box [m]; flat along one axis it is a rectangle."""

    lower: Vector
    upper: Vector

    @property
    def size(self) -> Vector:
        """Edge lengths [m]."""
        x, y, z = (b - a for a, b in zip(self.lower, self.upper, strict=True))
        return (x, y, z)

    @property
    def flat_axis(self) -> int | None:
        """The axis along which the box has no thickness, or None."""
        flat = [axis for axis, length in enumerate(self.size) if length == 0.0]
        return flat[0] if len(flat) == 1 else None

    def face(self, face: str) -> "Box":
        """Return the rectangle of one of its six faces."""
        axis = axis_of(face)
        at = self.lower[axis] if side_of(face) < 0 else self.upper[axis]
        lower, upper = list(self.lower), list(self.upper)
        lower[axis] = upper[axis] = at
        return Box((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))


@dataclass(frozen=True)
class Block:
    """A solid box that air flows around; it may give off heat through its faces."""

    name: str
    box: Box


@dataclass(frozen=True)
class Source:
    """A box that gives off heat but lets air pass: a busway, a cable tray."""

    name: str
    box: Box


@dataclass(frozen=True)
class Device:
    """Through-flow equipment: a solid box that takes air in at one face, out at another.

    `intake` and `discharge` are faces of the box ("-x" ... "+z"). `streams` is "layers" where each
    height keeps its own temperature (racks, shelves) and "mixed" where the unit blends its air
    (cooling units).
    """

    name: str
    kind: str
    box: Box
    intake: str
    discharge: str
    streams: str = "layers"


@dataclass(frozen=True)
class Opening:
    """A rectangle in the hall's shell through which air enters or leaves.

    `kind` is "supply" (flow and temperature given), "exhaust" (fan, flow given) or "outdoor"
    (flow follows from the pressure difference and `loss_coefficient`, based on face velocity).
    """

    name: str
    kind: str
    rectangle: Box
    loss_coefficient: float = 0.0


@dataclass(frozen=True)
class Baffle:
    """A rectangle of no thickness: airtight where the loss coefficient is infinite, else porous.

    dp = K rho/2 u|u| with u the face velocity. Later baffles replace earlier ones where they meet
    (a perforated tile in a floor, a door in a partition). Where `open_fraction` is below 1, the air
    leaves its holes with the momentum of the velocity in them: jets that drag air along.
    """

    name: str
    rectangle: Box
    loss_coefficient: float = math.inf
    open_fraction: float = 1.0


@dataclass(frozen=True)
class Hall:
    """Everything that air meets in the hall, by name.

    `symmetry` names faces of the shell that are no walls but planes of symmetry: they neither drag
    nor pass heat. A case in two dimensions is one cell thick between two of them.
    """

    size: Vector
    blocks: tuple[Block, ...] = ()
    devices: tuple[Device, ...] = ()
    openings: tuple[Opening, ...] = ()
    baffles: tuple[Baffle, ...] = ()
    sources: tuple[Source, ...] = ()
    symmetry: tuple[str, ...] = ()
