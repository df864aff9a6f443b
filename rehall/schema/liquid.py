"""Liquid loops of a case: facility water with its heat rejection, rack loops."""

from typing import Literal, Self

from pydantic import Field, model_validator

from rehall.quantities import (
    Flow,
    HeatLossPerLength,
    Length,
    PositiveShare,
    Pressure,
    Share,
    Temperature,
    TemperatureDifference,
    Time,
    Volume,
)
from rehall.schema.base import Count, Description, Flag, Name, Numbers, refuse_unknown_pumps
from rehall.schema.fluid import FluidName
from rehall.schema.rejection import Rejection

Characteristic = Literal["linear", "equal_percentage"]


class PumpSet(Description):
    """Equal pumps in parallel behind check valves: how many there are, and how many run.

    Those of the numbers `without_check` have none: they let water back while they stand. After a
    trip they fall to half speed within `coast_down` [s]; a start takes `start_up` [s]. With
    `failover` [s] those that stand by are started so long after others stop.
    """

    count: Count
    duty: Count
    coast_down: Time = 0.0
    start_up: Time = 0.0
    failover: Time | None = None
    without_check: Numbers = ()

    @model_validator(mode="after")
    def enough_pumps(self) -> Self:
        """Refuse more on duty than there are, and numbers of pumps that are not there."""
        refuse_unknown_pumps("without_check", self.without_check, self.count)
        if self.duty > self.count:
            raise ValueError(f"{self.duty} on duty of {self.count}")
        if self.failover is not None and self.duty == self.count:
            raise ValueError(f"failover: no pump stands by, all {self.count} are on duty")
        return self


class Facility(Description):
    """A facility loop: set point, flow and head of its pumps, and its heat rejection.

    `flow` and `pump_head` are those of all pumps on duty. Water runs at a constant flow, and what
    an exchanger does not need passes it by in a three-way valve; with `differential_pressure` the
    pumps hold that between supply and return, and users have two-way valves. `pressure` is held by
    the vessel where the pumps draw, above that of the air; the loop's highest point, as a rejection
    on the roof, lies `elevation` above the vessel. `volume` is the water in its pipes and buffer
    tank, half of it in the supply and half in the return, each mixed.
    """

    name: Name
    fluid: FluidName = "water"
    supply: Temperature
    flow: Flow
    pump_head: Pressure
    pump_efficiency: PositiveShare
    pumps: PumpSet | None = None
    differential_pressure: Pressure | None = None
    pressure: Pressure | None = None
    elevation: Length | None = None
    volume: Volume | None = None
    rejection: Rejection
    feeds: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def pressure_at_the_top(self) -> Self:
        """Refuse a height without the pressure that it is to be reached from."""
        if self.elevation is not None and self.pressure is None:
            raise ValueError("elevation: wanted pressure too, that of the vessel, like '250 kPa'")
        return self


class HeaderSpec(Description):
    """Supply and return header: inner diameter, pitch between rack branches, roughness.

    `fittings` are the loss coefficients of one pitch together. With `reverse_return` the last rack
    of the supply is the first of the return, so that all have pipes of one length. `heat_loss` is
    that to the air of the hall, per length of pipe and kelvin.
    """

    diameter: Length
    pitch: Length
    roughness: Length = 4.5e-5
    fittings: float = Field(default=0.0, ge=0.0, strict=True)
    reverse_return: Flag = False
    heat_loss: HeatLossPerLength = 0.0


class PipeSpec(Description):
    """A pipe between two named junctions; `valve` is the Kv of its valve, fully open.

    The valve moves from shut to open within `valve_stroke` [s].
    """

    name: Name
    ends: tuple[Name, Name]
    length: Length
    diameter: Length
    roughness: Length = 4.5e-5
    fittings: float = Field(default=0.0, ge=0.0, strict=True)
    valve: Flow | None = None
    valve_characteristic: Characteristic = "linear"
    valve_stroke: Time = 0.0
    check: Flag = False
    heat_loss: HeatLossPerLength = 0.0


class ManifoldSpec(Description):
    """Pipes of any topology; `taps` names the supply and return junction of every CDU and rack."""

    pipes: tuple[PipeSpec, ...] = Field(min_length=1)
    taps: dict[Name, tuple[Name, Name]]


class BranchSpec(Description):
    """What lies between the manifold and every rack: hoses and quick disconnects, both ways.

    `hose_length` is that of supply and return hose together; `disconnect` the Kv of one of the two
    quick disconnects, `valve` that of the balancing valve fully open: the flow of water at 1 bar.
    It moves from shut to open within `valve_stroke` [s].
    """

    hose_length: Length | None = None
    hose_diameter: Length | None = None
    disconnect: Flow | None = None
    valve: Flow | None = None
    valve_characteristic: Characteristic = "linear"
    valve_stroke: Time = 0.0

    @model_validator(mode="after")
    def hose_is_whole(self) -> Self:
        """Refuse half a hose."""
        if (self.hose_length is None) != (self.hose_diameter is None):
            raise ValueError("wanted both hose_length and hose_diameter, or none of them")
        return self


class Control(Description):
    """What the CDU pumps hold: a pressure across the taps of the first CDU, the flow of each CDU,
    or a share of full speed."""

    differential_pressure: Pressure | None = None
    flow: Flow | None = None
    speed: PositiveShare | None = None

    @model_validator(mode="after")
    def one_control(self) -> Self:
        """Refuse none and several."""
        if sum(v is not None for v in (self.differential_pressure, self.flow, self.speed)) != 1:
            raise ValueError("wanted exactly one of differential_pressure, flow, speed")
        return self


class Fouling(Description):
    """Filters that lose `filters` times their clean pressure; plate exchangers with so much more
    resistance to heat, over that of the clean ones at their rated flows."""

    filters: float = Field(default=1.0, ge=1.0, strict=True)
    exchangers: Share = 0.0


class LoopSpec(Description):
    """A rack loop: its CDUs are the units in `equipment` that name it.

    `pressure` is held by the vessel where the pumps draw, above that of the air. With a
    `dew_point_margin` the units supply no colder than that above the dew point of outdoor air.
    `buffer` is the coolant of a buffer tank behind the CDUs, and of pipes that the case leaves out.
    `valves` are the positions of those of racks and pipes that are not fully open, and `fouling` is
    that of all CDUs. With `failover` [s] a CDU that stands by starts so long after one is lost.
    """

    name: Name
    fluid: FluidName = "pg25"
    supply: Temperature
    facility: Name
    header: HeaderSpec | None = None
    manifold: ManifoldSpec | None = None
    branch: BranchSpec = BranchSpec()
    control: Control
    pressure: Pressure = 150e3
    buffer: Volume | None = None
    dew_point_margin: TemperatureDifference | None = None
    valves: dict[Name, Share] = Field(default={})
    fouling: Fouling = Fouling()
    failover: Time | None = None

    @model_validator(mode="after")
    def one_way_of_piping(self) -> Self:
        """Refuse none and both."""
        if (self.header is None) == (self.manifold is None):
            raise ValueError("wanted exactly one of header, manifold")
        return self


class LiquidSpec(Description):
    """All loops."""

    facility: tuple[Facility, ...] = ()
    loops: tuple[LoopSpec, ...] = ()
