"""Equipment of a case: rows and single units."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rehall.quantities import (
    Coordinate,
    Flow,
    Length,
    Power,
    Share,
    Temperature,
)
from rehall.schema.base import Count, Description, Flag, Name
from rehall.schema.entries.common import rises
from rehall.schema.hall import EntryName, Face, PlanePoint


class ReturnControl(Description):
    """A valve that holds the temperature of the air that a cooling unit takes in, `return`."""

    T_return: Temperature = Field(alias="return")


class Piece(Description):
    """What rows and single units share.

    `facing` is the outward normal of the front; `power`, `air_flow` and `on` say how the piece is
    operated where that differs from its entry. `loop` is the rack loop, `facility` the facility
    loop (of a cooling unit or a rear door). A cooling unit holds the air temperature `supply`, or
    follows its return air by `control`; `fan_law` is the share of its air flow by the temperature
    that it takes in. `phases` are those of its feed that it hangs on: all three, one to neutral,
    two, or `rotate` for rows whose pieces take one after the other.
    """

    of: EntryName
    name: Name
    z: Coordinate | None = None
    facing: Face
    loop: Name | None = None
    facility: Name | None = None
    feeds: tuple[Name, ...] = ()
    phases: Literal["abc", "a", "b", "c", "ab", "bc", "ca", "rotate"] = "abc"
    power: Power | None = None
    air_flow: Flow | None = None
    supply: Temperature | None = None
    control: ReturnControl | None = None
    fan_law: Annotated[tuple[tuple[Temperature, Share], ...] | None, Field(min_length=2)] = None
    on: Flag = True

    @model_validator(mode="after")
    def stands_upright(self) -> Self:
        """Refuse a front that looks up or down."""
        if self.facing.endswith("z"):
            raise ValueError(f"facing: found {self.facing!r}, wanted one of -x, +x, -y, +y")
        return self

    @model_validator(mode="after")
    def law_rises(self) -> Self:
        """Refuse a fan law whose temperatures do not rise."""
        if self.fan_law and not rises([T for T, _ in self.fan_law]):
            raise ValueError("fan_law: wanted temperatures that rise from row to row")
        return self


class Row(Piece):
    """Equal pieces side by side, along the horizontal axis across `facing`.

    `first` is the lower corner of the first piece's footprint, `pitch` the distance between
    equal edges (the piece's width where it is not given); numbers begin at `start`, so that one
    row can be written as two where its feeders change.
    """

    count: Count
    start: Count = 1
    first: PlanePoint
    pitch: Length | None = None


class Unit(Piece):
    """A single piece; `at` is the lower corner of its footprint."""

    at: PlanePoint


class EquipmentLine(Description):
    """One line of the list: a row or a unit."""

    row: Row | None = None
    unit: Unit | None = None

    @model_validator(mode="after")
    def is_row_or_unit(self) -> Self:
        """Refuse neither and both."""
        if (self.row is None) == (self.unit is None):
            raise ValueError("wanted either row or unit")
        return self

    @property
    def key(self) -> str:
        """The word under which it was written: row or unit."""
        return "row" if self.row is not None else "unit"

    @property
    def piece(self) -> Row | Unit:
        """The row or the unit."""
        piece = self.row or self.unit
        assert piece is not None  # is_row_or_unit
        return piece
