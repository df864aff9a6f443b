"""Cold plates of a liquid-cooled rack, and the chips on them."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from rehall.quantities import (
    Flow,
    HeatCapacity,
    PositiveShare,
    Rating,
    SharePerKelvin,
    Temperature,
    ThermalResistance,
)
from rehall.schema.base import Count, Description

Table = Annotated[tuple[tuple[Flow, ThermalResistance], ...], Field(min_length=2)]
"""Flow through one plate [m3/s], resistance from the liquid that enters it to the chip [K/W]."""


class ColdPlates(Description):
    """The plates of a rack's hottest chips: `count` equal ones in parallel.

    `power` is that of the chip on one plate while the rack draws its rated power, `flow_share` the
    part of the rack's coolant that runs through these plates. `thermal_mass` [J/K] is that of all
    plates and chips of the rack that the coolant touches. With `leakage` a chip draws that share
    more for each kelvin above `leakage_at`, the temperature to which `power` belongs.
    """

    count: Count
    power: Rating
    flow_share: PositiveShare
    resistance: Table
    chip_max: Temperature
    thermal_mass: HeatCapacity = 0.0
    leakage: SharePerKelvin | None = None
    leakage_at: Temperature | None = None

    @model_validator(mode="after")
    def table_falls(self) -> Self:
        """Refuse flows that do not rise, resistances that rise, and half a leakage."""
        for (V_before, R_before), (V_flow, R) in pairwise(self.resistance):
            if V_flow <= V_before or R_before < R:
                raise ValueError("resistance: wanted flows that rise and resistances that fall")
        if (self.leakage is None) != (self.leakage_at is None):
            raise ValueError("wanted both leakage and leakage_at, or none of them")
        return self
