"""What gives the heat of a facility loop to outdoors: machines, standby, economiser."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rehall.quantities import Flow, PositiveShare, Pressure, Temperature, quantity
from rehall.schema.base import Count, Description
from rehall.schema.fluid import FluidName
from rehall.schema.hall import EntryName

Spare = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Staging = Literal["parallel", "as_needed"]
StaticHead = Annotated[float, quantity("pressure", least=0.0)]


class Machines(Description):
    """Equal machines in parallel, of which `spare` stand by until others fail.

    `parallel` runs all others, which suits fans; `as_needed` as few as hold the set point, which
    suits chillers. Each is the default of its kind.
    """

    of: EntryName
    count: Count
    spare: Spare = 0
    staging: Staging | None = None

    @model_validator(mode="after")
    def some_are_on_duty(self) -> Self:
        """Refuse machines that all stand by."""
        if self.spare >= self.count:
            raise ValueError(f"spare: all {self.count} stand by; wanted fewer than count")
        return self


class Economiser(Description):
    """Plate exchangers that take heat to the outdoor loop before the chillers do."""

    of: EntryName
    count: Count


class OutdoorLoop(Machines):
    """Liquid between machines indoors and coolers outdoors (`of`), with its own pumps.

    `supply` is what water-cooled chillers' condensers are given. `static_head` is the part of the
    head that does not follow the flow, as the lift of an open tower. With `flow_min` the flow of
    chillers' condensers follows their load, down to that share.
    """

    fluid: FluidName = "water"
    flow: Flow
    pump_head: Pressure
    pump_efficiency: PositiveShare
    static_head: StaticHead = 0.0
    supply: Temperature | None = None
    flow_min: PositiveShare = 1.0
    economiser: Economiser | None = None

    @model_validator(mode="after")
    def lift_is_part_of_the_head(self) -> Self:
        """Refuse a lift above the head."""
        if self.static_head > self.pump_head:
            found = f"{self.static_head / 1e3:g} kPa of {self.pump_head / 1e3:g} kPa"
            raise ValueError(f"static_head is above pump_head: {found}")
        return self


class Rejection(Machines):
    """What the loop's own liquid goes through, and the outdoor loop where that needs one."""

    outdoor_loop: OutdoorLoop | None = None
