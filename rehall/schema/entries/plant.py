"""Catalogue entries outdoors that reject the heat of facility loops."""

from typing import Literal

from rehall.quantities import (
    Flow,
    PositiveShare,
    Power,
    Pressure,
    Rating,
    Ratio,
    SharePerKelvin,
    Temperature,
    TemperatureDifference,
)
from rehall.schema.entries.common import Entry


class DryCooler(Entry):
    """Fans and a finned coil. `approach`: leaving water minus outdoor dry bulb at `capacity`."""

    kind: Literal["dry_cooler"]
    capacity: Rating
    approach: TemperatureDifference
    flow: Flow
    dp: Pressure | None = None
    fan_power: Power
    power_factor: PositiveShare = 0.95


class Chiller(Entry):
    """An air-cooled chiller: capacity and COP at the rated outdoor and leaving temperatures.

    Above `outdoor_rated` the capacity falls by `derate` per kelvin; `cop_per_kelvin` is the
    relative gain of COP for each kelvin of warmer leaving water.
    """

    kind: Literal["chiller"]
    capacity: Rating
    cop: Ratio
    outdoor_rated: Temperature
    supply_rated: Temperature
    derate: SharePerKelvin
    cop_per_kelvin: SharePerKelvin
    flow: Flow
    dp: Pressure | None = None
    power_factor: PositiveShare = 0.9
