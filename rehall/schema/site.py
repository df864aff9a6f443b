"""Site, limits and solver settings of a case."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from rehall.quantities import (
    Altitude,
    Angle,
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


class Site(Description):
    """Where the hall stands. `weather` is a file of the year's hours (EPW), beside the case."""

    name: Name = "site"
    altitude: Altitude = 0.0
    outdoor: Outdoor
    wind: Wind | None = None
    weather: WeatherFile | None = None
    energy_price: EnergyPrice | None = None
    water_price: CostOfWater | None = None
    contracted_demand: Rating | None = None

    @model_validator(mode="after")
    def one_currency(self) -> Self:
        """Refuse prices in two currencies."""
        energy, water = self.energy_price, self.water_price
        if energy is not None and water is not None and energy.currency != water.currency:
            found = f"{water.currency} beside {energy.currency} of energy_price"
            raise ValueError(f"water_price: wanted one currency, found {found}")
        return self


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
        "heating_by_the_swing": "as `node_loading_max`, for the root mean square of the load",
        "ramp": "`ramp_max` of the entry of the utility",
        "neutral_current": "the `rating_current` of the busway or line",
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
