"""Catalogue entries in the hall's shell: exhaust fans, evaporative pads, louvres."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rehall.quantities import (
    Flow,
    Length,
    PositiveShare,
    Power,
    Pressure,
    Velocity,
)
from rehall.schema.entries.common import Entry, FanCurve
from rehall.schema.entries.reliability import Reliability

LossCoefficient = Annotated[float, Field(strict=True, ge=0.0, le=1e9)]


class ExhaustFan(Entry):
    """A fan that blows hall air outdoors. Size: the two edges of its opening in the wall [m].

    `curve` is a table of flow [m3/s] and static pressure [Pa]; `flow` is the rated point. The fan
    runs where its curve meets the pressure, unless the opening states its flow.
    """

    kind: Literal["exhaust_fan"]
    size: tuple[Length, Length]
    flow: Flow
    curve: FanCurve | None = None
    power: Power
    power_factor: PositiveShare = 0.85
    reliability: Reliability | None = None


class Louvre(Entry):
    """An opening to outdoors that resists: dp = K rho/2 u^2, u over the whole face."""

    kind: Literal["louvre"]
    free_area: PositiveShare
    loss_coefficient: LossCoefficient


class EvaporativePad(Entry):
    """A wetted pad: cools outdoor air towards its wet bulb by the share `effectiveness`."""

    kind: Literal["evaporative_pad"]
    thickness: Length
    effectiveness: PositiveShare
    velocity: Velocity
    dp: Pressure
    velocity_max: Velocity

    @model_validator(mode="after")
    def rated_within_its_range(self) -> Self:
        """Refuse a rated velocity above the highest one."""
        if self.velocity > self.velocity_max:
            raise ValueError("velocity is above velocity_max")
        return self

    @property
    def loss_coefficient(self) -> float:
        """K of dp = K rho/2 u^2 from the rated point, air at 1.2 kg/m3 [-]."""
        return self.dp / (0.5 * 1.2 * self.velocity**2)
