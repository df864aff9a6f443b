"""Site, limits and solver settings of a case."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from rehall.quantities import (
    Altitude,
    Angle,
    CostOfDemand,
    CostOfWater,
    EnergyPrice,
    Length,
    Pressure,
    Rating,
    Ratio,
    Share,
    Temperature,
    TemperatureDifference,
    Velocity,
)
from rehall.schema.base import Description, Flag, Name

WeatherFile = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"\S")]


class Outdoor(Description):
    """Outdoor design condition: dry bulb and wet bulb [K]."""

    dry_bulb: Temperature
    wet_bulb: Temperature

    @model_validator(mode="after")
    def wet_is_below_dry(self) -> Self:
        """Refuse a wet bulb above the dry bulb."""
        if self.wet_bulb > self.dry_bulb:
            wet, dry = (f"{T - 273.15:.4g} degC" for T in (self.wet_bulb, self.dry_bulb))
            raise ValueError(f"wet_bulb is above dry_bulb: {wet} and {dry}")
        return self


class Wind(Description):
    """Wind at the height of the roof [m/s], from a direction clockwise from north [rad]."""

    speed: Velocity
    direction: Angle


Clock = Annotated[float, Field(strict=False, ge=0.0, le=24.0)]
MonthNumber = Annotated[int, Field(strict=True, ge=1, le=12)]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class TariffPeriod(Description):
    """Hours with a price of their own; `hours` and `months` from the first to the second."""

    price: EnergyPrice
    hours: tuple[Clock, Clock] = (0.0, 24.0)
    months: tuple[MonthNumber, MonthNumber] = (1, 12)
    days: Literal["all", "workdays", "weekend"] = "all"


class TariffSpec(Description):
    """Prices by the hour beside `energy_price`, which all other hours have, and a charge for the
    highest hour of every month. The year begins on `first_day`.
    """

    periods: tuple[TariffPeriod, ...] = ()
    demand_charge: CostOfDemand | None = None
    first_day: Day = "monday"


class Curtailment(Description):
    """A contract by which servers go down to a share of their power in so many hours a year."""

    hours: Annotated[int, Field(strict=True, ge=1, le=8760)]
    to: Share = 0.0
    credit: EnergyPrice | None = None


class Site(Description):
    """Where the hall stands. `weather` is a file of the year's hours (EPW), beside the case."""

    name: Name = "site"
    altitude: Altitude = 0.0
    outdoor: Outdoor
    wind: Wind | None = None
    weather: WeatherFile | None = None
    energy_price: EnergyPrice | None = None
    tariff: TariffSpec | None = None
    curtailment: Curtailment | None = None
    water_price: CostOfWater | None = None
    contracted_demand: Rating | None = None

    @model_validator(mode="after")
    def one_currency(self) -> Self:
        """Refuse prices in two currencies."""
        energy = self.energy_price
        for name, price in self._other_prices():
            if energy is None and name != "water_price":
                raise ValueError(f"{name}: wanted energy_price beside it, the price of other hours")
            if energy is not None and price.currency != energy.currency:
                found = f"{price.currency} beside {energy.currency} of energy_price"
                raise ValueError(f"{name}: wanted one currency, found {found}")
        return self

    def _other_prices(self) -> list[tuple[str, Any]]:
        """Every price but that of energy, by its key."""
        found: list[tuple[str, Any]] = [("water_price", self.water_price)]
        if self.tariff is not None:
            found += [("tariff.periods", period.price) for period in self.tariff.periods]
            found.append(("tariff.demand_charge", self.tariff.demand_charge))
        if self.curtailment is not None:
            found.append(("curtailment.credit", self.curtailment.credit))
        return [(name, price) for name, price in found if price is not None]


SET_POINT = "always 0.5 K above the `supply` that is asked for"
CLASS = "that of the `air_class` of the rack's entry"


class Limits(Description):
    """What a verdict is measured against; a limit that is None is taken from each entry.

    `ELSEWHERE` tells of every other limit of a run where its figure comes from.
    """

    ELSEWHERE: ClassVar[dict[str, str]] = {
        "rack_power_max": "`power` of the rack's entry, as in `of: {like: .., power: 30 kW}`",
        "rack_air_rise_max": "always 1.5 times the rise at the entry's rated power and air flow",
        "rack_dew_point_max": CLASS,
        "rack_dew_point_min": CLASS,
        "rack_humidity_max": CLASS,
        "rack_humidity_min": CLASS,
        "cooling_unit_fan_max": "always 100 % of `rating: {air_flow: ..}` of the unit's entry",
        "cooling_unit_fan_min": "`air_flow_min` of the unit's entry",
        "cooling_unit_supply_excess": SET_POINT,
        "cooling_unit_return_excess": "always 0.5 K above the `return` of the unit's control",
        "facility_supply_excess": SET_POINT,
        "facility_heat_stored": "always zero: in a steady state no water warms up",
        "exhaust_fan_pressure_max": "the `curve` of the fan's entry at its flow",
        "pad_velocity_max": "`velocity_max` of the pad's entry",
        "coolant_heat_unmet": "always zero: what a loop cannot take away is too much",
        "coolant_heat_stored": "always zero: in a steady state no loop warms up",
        "pump_suction_head_min": "`npsh` of the `pump` of the CDU's entry",
        "contracted_demand": "`contracted_demand` of the section `site`",
        "real_power": "`rating_w` of the entry of the UPS or generator",
        "power_factor": "`power_factor_min` of the entry of the utility",
        "peak_power": "`overload` of the entry of the UPS, for the time of the peak",
        "peak_load": "as `peak_power`, in kVA",
        "highest_voltage": "`voltage` of the entry of the power shelf, rack or miner",
        "heating_by_the_swing": "as `node_loading_max`, for the root mean square of the load",
        "ramp": "`ramp_max` of the entry of the utility",
        "neutral_current": "that of the phases, in the air round the line",
        "lowest_voltage": "`voltage` of the entry of the power shelf, rack or miner",
        "unserved_power": "always zero: every load needs a live feeder",
        "floor_load": "`floor_load` of the section `hall`",
    }

    rack_inlet_max: Temperature | None = None
    coolant_supply_max: Temperature | None = None
    coolant_flow_min: Share = 0.95
    coolant_return_max: Temperature = 338.15
    loop_pressure_min: Pressure = 28e3
    loop_pressure_max: Pressure = 690e3
    cdu_loading_max: Ratio = 1.0
    cooling_unit_loading_max: Ratio = 1.0
    rejection_loading_max: Ratio = 1.0
    node_loading_max: Ratio = 1.0
    voltage_drop_max: Share = 0.05
    hall_pressure_max: Pressure = 50.0
    exhaust_fan_flow_min: Share = 0.5
    dew_point_margin_min: TemperatureDifference = 2.0


class Solver(Description):
    """How finely and how long the air is solved."""

    cell: Length = 0.3
    growth: Annotated[float, Field(strict=True, ge=1.0, le=2.0)] = 1.4
    iterations: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 1000
    turbulence: Literal["k_epsilon", "rng", "zero_equation", "laminar"] = "k_epsilon"
    buoyancy_production: Flag = False
    scheme: Literal["limited", "upwind", "central"] = "limited"
    precision: Literal["float32", "float64"] = "float32"
