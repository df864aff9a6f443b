"""Catalogue entries outdoors that reject the heat of facility loops."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rehall.quantities import (
    Flow,
    PositiveShare,
    Power,
    Rating,
    Ratio,
    Share,
    SharePerKelvin,
    Temperature,
    TemperatureDifference,
    Time,
)
from rehall.schema.base import Description
from rehall.schema.entries.common import Entry
from rehall.schema.entries.reliability import Reliability

Term = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Cycles = Annotated[float, Field(strict=True, gt=1.0, le=100.0)]
LiquidToGas = Annotated[float, Field(strict=True, ge=0.2, le=5.0)]
Exponent = Annotated[float, Field(strict=True, ge=0.0, le=1.5)]


class Cooler(Entry):
    """Fans and a finned coil. `approach`: leaving water minus outdoor dry bulb at `capacity`."""

    capacity: Rating
    approach: TemperatureDifference
    flow: Flow
    fan_power: Power
    power_factor: PositiveShare = 0.95
    reliability: Reliability | None = None


class DryCooler(Cooler):
    """A cooler without water."""

    kind: Literal["dry_cooler"]


class AdiabaticCooler(Cooler):
    """A cooler behind wet pads; its rated point is that of dry running.

    `cycles` of concentration: salts in the pads' water over those in fresh water.
    """

    kind: Literal["adiabatic_cooler"]
    pad_effectiveness: PositiveShare
    cycles: Cycles


class CoolingTower(Entry):
    """An open tower. `approach`: leaving water minus `wet_bulb` at `capacity` and `flow`.

    `liquid_to_gas` is the water over the dry air at rating, by mass; `exponent` n of the fill,
    KaV/L ~ (L/G)^-n; `drift` the share of the water that is lost as droplets.
    """

    kind: Literal["cooling_tower"]
    capacity: Rating
    approach: TemperatureDifference
    wet_bulb: Temperature
    flow: Flow
    fan_power: Power
    liquid_to_gas: LiquidToGas
    exponent: Exponent
    cycles: Cycles
    drift: Share
    power_factor: PositiveShare = 0.95
    reliability: Reliability | None = None


class CurveSurface(Description):
    """a + b x + c x^2 + d y + e y^2 + f x y of leaving water x, condenser inlet y [degC]."""

    terms: tuple[Term, Term, Term, Term, Term, Term]
    leaving: tuple[Temperature, Temperature]
    entering: tuple[Temperature, Temperature]

    @model_validator(mode="after")
    def ranges_rise(self) -> Self:
        """Refuse a range that ends before it begins."""
        for name in ("leaving", "entering"):
            low, high = getattr(self, name)
            if low >= high:
                found = f"{low - 273.15:g} degC to {high - 273.15:g} degC"
                raise ValueError(f"{name}: wanted a range that rises, found {found}")
        return self

    def at(self, leaving: float, entering: float) -> float:
        """Value at two temperatures [K], beyond the ranges that of the edge."""
        a, b, c, d, e, f = self.terms
        x, y = (
            min(max(T, low), high) - 273.15
            for T, (low, high) in ((leaving, self.leaving), (entering, self.entering))
        )
        return a + b * x + c * x * x + d * y + e * y * y + f * x * y


class ChillerCurves(Description):
    """A published curve set of a chiller, in the form of EnergyPlus's Chiller:Electric:EIR.

    `part_load` is power over that at full load as a polynomial of the load, constant first; below
    `load_min` the machine cycles.
    """

    capacity: CurveSurface
    energy_input: CurveSurface
    part_load: tuple[Term, ...] = Field(min_length=2, max_length=6)
    load_min: PositiveShare

    @model_validator(mode="after")
    def power_rises_with_the_load(self) -> Self:
        """Refuse a polynomial that falls, or is not positive, where the machine runs."""
        loads = [self.load_min + (1 - self.load_min) * n / 50 for n in range(51)]
        powers = [sum(c * x**n for n, c in enumerate(self.part_load)) for x in loads]
        if powers[0] <= 0 or any(b <= a for a, b in pairwise(powers)):
            raise ValueError("part_load: wanted a power that is positive and rises with the load")
        return self


class Chiller(Entry):
    """A chiller: capacity and COP (fans included) at rating, curves of one like it elsewhere.

    `entering_rated` is the air, or the water, that enters the condenser. `cop_per_kelvin` is the
    relative gain of COP for each kelvin of leaving water beyond the range of the curves. `restart`
    is how long it takes to cool again once the power is back after a loss [s].
    """

    kind: Literal["chiller"]
    condenser: Literal["air", "water"]
    capacity: Rating
    cop: Ratio
    entering_rated: Temperature
    supply_rated: Temperature
    curves: ChillerCurves
    cop_per_kelvin: SharePerKelvin
    restart: Time = 0.0
    power_factor: PositiveShare = 0.9
    reliability: Reliability | None = None

    @model_validator(mode="after")
    def curves_are_positive_at_rating(self) -> Self:
        """Refuse curves that give no capacity or no power at the rated point."""
        for name in ("capacity", "energy_input"):
            found = getattr(self.curves, name).at(self.supply_rated, self.entering_rated)
            if found <= 0:
                raise ValueError(f"curves.{name} is {found:.3g} at the rated point, wanted more")
        return self


class PlateExchanger(Entry):
    """Plates between a facility's water and that from outdoors, at equal flows.

    `approach`: leaving facility water minus entering water from outdoors at `capacity`.
    """

    kind: Literal["plate_exchanger"]
    capacity: Rating
    approach: TemperatureDifference
    flow: Flow
    power_factor: PositiveShare = 0.95
    reliability: Reliability | None = None
