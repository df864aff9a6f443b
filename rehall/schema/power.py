"""The power chain of a case, from the utility to what the loads hang on."""

from typing import Self

from pydantic import Field, model_validator

from rehall.quantities import Length, Voltage
from rehall.schema.base import Description, Name
from rehall.schema.hall import EntryName, Point, require_order


class NodeSpec(Description):
    """A node of the chain and the node that feeds it (none: the utility).

    `voltage` is line to line at its output: needed for the utility, else taken from the entry of
    a transformer or from the feeding node. `from` and `to` place it in the hall, where its losses
    then warm the air; without them it stands outside.
    """

    name: Name
    of: EntryName
    fed_by: Name | None = None
    voltage: Voltage | None = None
    length: Length | None = None
    lower: Point | None = Field(default=None, alias="from")
    upper: Point | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def place_is_whole(self) -> Self:
        """Refuse half of a box."""
        if (self.lower is None) != (self.upper is None):
            raise ValueError("from and to belong together")
        if self.lower and self.upper:
            require_order(self.lower, self.upper)
        return self


class PowerSpec(Description):
    """The chain."""

    nodes: tuple[NodeSpec, ...] = Field(min_length=1)
