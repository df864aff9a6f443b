"""Catalogue entries that cool and stand in the hall: CRAHs, fan walls, CDUs."""

from typing import Literal, Self

from pydantic import Field, model_validator

from rehall.quantities import (
    Flow,
    FlowFromZero,
    HeatCapacity,
    Length,
    PositiveShare,
    Power,
    Pressure,
    Rating,
    Share,
    Temperature,
    TemperatureDifference,
    Time,
    Volume,
)
from rehall.schema.base import Count, Description, Flag, Numbers, refuse_unknown_pumps
from rehall.schema.entries.common import FanCurve, Placed, rises
from rehall.schema.entries.reliability import Reliability

Side = Literal["front", "back", "top", "bottom"]


class CoilRating(Description):
    """A measured or selected point of a chilled-water coil; from it follow UA and capacity.

    `capacity` is the heat that the coil takes from the air (gross: the fan's heat included).
    """

    capacity: Rating
    air_flow: Flow
    air_in: Temperature
    water_flow: Flow
    water_in: Temperature
    water_out: Temperature
    water_dp: Pressure | None = None

    @model_validator(mode="after")
    def heat_flows_downhill(self) -> Self:
        """Refuse a rated point against the second law."""
        if not self.water_in < self.water_out < self.air_in:
            raise ValueError("wanted water_in below water_out below air_in")
        return self


class RearDoor(CoilRating):
    """A passive chilled-water coil in the rear door of a rack, by its rated point.

    `air_in` is the rack's heated air; `air_dp` [Pa] what the coil takes from the rack's fans.
    """

    air_dp: Pressure


class CoolingUnit(Placed):
    """A CRAH or fan wall: chilled-water coil and fan.

    A unit faces where its front looks; `intake` and `discharge` are sides seen from there.
    `air_flow_min` is the least share of the rated air flow that its fans can hold. With a
    `fan_curve` the air flow is what the fans hold against the pressure; a unit that is off then
    lets air back, unless it has a `damper`. `thermal_mass` [J/K] of the coil and its water delays
    the air that leaves it, in transients.
    """

    kind: Literal["cooling_unit"]
    intake: Side
    discharge: Side
    rating: CoilRating
    fan_power: Power
    fan_curve: FanCurve | None = None
    damper: Flag = False
    air_flow_min: Share = 0.3
    power_factor: PositiveShare = 0.95
    thermal_mass: HeatCapacity = 0.0
    reliability: Reliability | None = None

    @model_validator(mode="after")
    def air_passes_through(self) -> Self:
        """Refuse intake and discharge on the same side."""
        if self.intake == self.discharge:
            raise ValueError("intake and discharge are the same side")
        return self


class PumpRating(Description):
    """Head left for the loop with the pumps at full speed: table of flow [m3/s], head [Pa].

    `power` is the electrical power of the pumps at the CDU's rated flow [W]. Of `count` pumps with
    a check valve each, but for those of the numbers `without_check`, `duty` run; the table is
    theirs. `npsh` is the net positive suction head [m]
    that they require at the rated flow. After a trip they fall to half speed within `coast_down`
    [s]; a start takes `start_up` [s]. With `failover` [s] pumps that stand by are started so long
    after others stop.
    """

    curve: tuple[tuple[FlowFromZero, Pressure], ...] = Field(min_length=2)
    power: Power
    npsh: Length | None = None
    count: Count = 1
    duty: Count = 1
    coast_down: Time = 0.0
    start_up: Time = 0.0
    failover: Time | None = None
    without_check: Numbers = ()

    @model_validator(mode="after")
    def head_falls(self) -> Self:
        """Refuse a table whose flows do not rise, and numbers of pumps that are not there."""
        refuse_unknown_pumps("without_check", self.without_check, self.count)
        if not rises([V_flow for V_flow, _ in self.curve]):
            raise ValueError("curve: wanted flows that rise from row to row")
        if self.duty > self.count:
            raise ValueError(f"{self.duty} pumps on duty of {self.count}")
        if self.failover is not None and self.duty == self.count:
            raise ValueError(f"failover: no pump stands by, all {self.count} are on duty")
        return self


class Cdu(Placed):
    """A coolant distribution unit: exchanger between facility water and rack loop, and pumps.

    `approach` is rack supply minus facility supply at `capacity`, `flow` and `facility_flow` [K];
    `volume` is the coolant that the unit holds.
    """

    kind: Literal["cdu"]
    capacity: Rating
    approach: TemperatureDifference
    flow: Flow
    facility_flow: Flow
    facility_dp: Pressure | None = None
    pump: PumpRating
    power_factor: PositiveShare = 0.95
    pressure_max: Pressure | None = None
    volume: Volume | None = None
    reliability: Reliability | None = None
