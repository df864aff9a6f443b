"""What catalogue entries share: where figures come from, size, air flow, coolant.

A figure without a source is listed under `assumed` with the reason for its value.
"""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from rehall.quantities import (
    Flow,
    FlowFromZero,
    FlowPerPower,
    Length,
    Mass,
    Pressure,
    Temperature,
    Volume,
    quantity,
)
from rehall.schema.base import Description, Name
from rehall.schema.entries.plates import ColdPlates
from rehall.schema.fluid import FluidName

FanPressure = Annotated[float, quantity("pressure", least=0.0)]


def curve_falls(
    rows: tuple[tuple[float, float], ...] | None,
) -> tuple[tuple[float, float], ...] | None:
    """Refuse a fan curve whose flows do not rise, or whose pressures do not fall."""
    for row, ((V_before, dp_before), (V_flow, dp)) in enumerate(pairwise(rows or ()), start=2):
        if V_flow <= V_before:
            found = f"row {row} has {V_flow:g} m3/s after {V_before:g} m3/s"
            raise ValueError(f"wanted flows that rise from row to row; {found}")
        if dp >= dp_before:
            found = f"row {row} has {dp:g} Pa after {dp_before:g} Pa"
            raise ValueError(f"wanted pressures that fall from row to row; {found}")
    return rows


FanCurve = Annotated[
    tuple[tuple[FlowFromZero, FanPressure], ...], Field(min_length=2), AfterValidator(curve_falls)
]
"""Flow [m3/s] and pressure [Pa] that fans hold outside the machine, at full speed."""


class Entry(Description):
    """What every catalogue entry has: a name and the trust that its figures deserve."""

    name: Name
    source: tuple[str, ...] = ()
    confidence: Literal["high", "medium", "low"] = "low"
    notes: str = ""
    assumed: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def assumptions_name_figures(self) -> Self:
        """Refuse an assumption about a figure that the entry does not have."""
        for figure in self.assumed:
            if figure.split(".")[0] not in type(self).model_fields:
                raise ValueError(f"assumed: the entry has no figure {figure!r}")
        return self


class Placed(Entry):
    """An entry that stands in the hall. Size: width along the front, depth, height [m]."""

    size: tuple[Length, Length, Length]
    weight: Mass | None = None


class AirFlow(Description):
    """How much air equipment moves: a fixed flow, per watt given to air, or by inlet temperature.

    Exactly one of the three; `by_inlet` is a table of inlet temperature [K] and flow [m3/s].
    """

    flow: Flow | None = None
    per_power: FlowPerPower | None = None
    by_inlet: tuple[tuple[Temperature, Flow], ...] | None = Field(default=None, min_length=2)

    @model_validator(mode="after")
    def one_law(self) -> Self:
        """Refuse none and more than one of the laws."""
        given = [law for law in (self.flow, self.per_power, self.by_inlet) if law is not None]
        if len(given) != 1:
            raise ValueError("wanted exactly one of flow, per_power, by_inlet")
        if self.by_inlet and not rises([T for T, _ in self.by_inlet]):
            raise ValueError("by_inlet: wanted inlet temperatures that rise from row to row")
        return self

    def times(self, count: int) -> "AirFlow":
        """Return the law of `count` equal pieces together (a flow per power stays as it is)."""
        flow = None if self.flow is None else count * self.flow
        rows = self.by_inlet
        table = None if rows is None else tuple((T, count * V_flow) for T, V_flow in rows)
        return self.model_copy(update={"flow": flow, "by_inlet": table})


class Coolant(Description):
    """What a liquid-cooled rack asks of its loop.

    `flow` at rated power, or `flow_per_power` times the heat to liquid, at the pressure loss
    `dp_nominal` between its connections; elsewhere dp = dp_nominal (V/V_nominal)^exponent.
    `volume` is the coolant that the rack holds, `plates` those of its hottest chips.
    """

    fluid: FluidName
    inlet_max: Temperature
    flow: Flow | None = None
    flow_per_power: FlowPerPower | None = None
    dp_nominal: Pressure
    exponent: Annotated[float, Field(strict=True, ge=1.0, le=2.0)] = 1.75
    volume: Volume | None = None
    plates: ColdPlates | None = None

    @model_validator(mode="after")
    def one_law(self) -> Self:
        """Refuse none and both of the flow laws."""
        if (self.flow is None) == (self.flow_per_power is None):
            raise ValueError("wanted exactly one of flow, flow_per_power")
        return self

    def flow_nominal(self, heat: float) -> float:
        """Coolant flow [m3/s] wanted for this heat to liquid at rated power [W]."""
        return self.flow if self.flow is not None else heat * (self.flow_per_power or 0.0)


def rises(values: list[float]) -> bool:
    """Whether each value is greater than the one before."""
    return all(a < b for a, b in pairwise(values))
