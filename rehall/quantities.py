"""Quantities written with their units (`40 kW`), kept in SI (40000.0).

Each type here is a float for pydantic that accepts text only: a bare number where a unit is
needed is refused, and so is a unit of another dimension. Units are those of pint, plus CFM and gpm.
"""

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

import pint
from pydantic import BeforeValidator, Field

NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S.*)?")
FACTOR = r"[A-Za-zµ°%Ω_]+(?:(?:\*\*|\^)?-?[1-9])?"
UNIT = re.compile(rf"{FACTOR}(?:\s*[/*·]\s*{FACTOR}|\s+{FACTOR})*")  # nothing that takes pint hours
POWER_OF_UNIT = re.compile(r"\b([A-Za-zµ]+)([23])\b")  # m3/s -> m**3/s, as engineers write it

# What a dimension is called in a message, and how one writes it: kind -> (SI unit, examples).
KINDS = {
    "length": ("m", "'600 mm' or '1.2 m'"),
    "area": ("m**2", "'1.5 m2'"),
    "mass": ("kg", "'1400 kg'"),
    "time": ("s", "'30 s' or '5 min'"),
    "power": ("W", "'40 kW' or '2.5 MVA'"),
    "energy": ("J", "'200 kWh'"),
    "power rate": ("W/s", "'5 MW/min'"),
    "frequency": ("1/s", "'60 Hz'"),
    "pressure": ("Pa", "'25 Pa' or '220 kPa'"),
    "temperature": ("K", "'22 degC'"),
    "temperature difference": ("K", "'5 K'"),
    "flow": ("m**3/s", "'5 m3/s' or '600 L/min'"),
    "flow per power": ("m**3/s/W", "'1.5 L/min/kW' or '0.07 m3/s/kW'"),
    "velocity": ("m/s", "'1.5 m/s'"),
    "heat transfer coefficient": ("W/m**2/K", "'0.4 W/m2/K'"),
    "heat flux": ("W/m**2", "'50 W/m2'"),
    "voltage": ("V", "'415 V' or '13.8 kV'"),
    "current": ("A", "'2000 A'"),
    "resistance per length": ("ohm/m", "'0.02 mohm/m'"),
    "share per temperature difference": ("1/K", "'1.2 %/K'"),
    "heat capacity": ("J/K", "'12 kJ/K'"),
    "thermal conductance": ("W/K", "'60 W/K'"),
    "thermal resistance": ("K/W", "'0.02 K/W'"),
    "volume": ("m**3", "'30 L' or '2 m3'"),
    "conductivity": ("W/m/K", "'1.4 W/m/K'"),
    "heat loss per length": ("W/m/K", "'0.3 W/m/K'"),
    "density": ("kg/m**3", "'2300 kg/m3'"),
    "specific heat": ("J/kg/K", "'880 J/kg/K'"),
    "hash rate": ("terahash/s", "'200 TH/s'"),
    "share": ("", "'25 %' or '0.25'"),
    "price of energy": ("currency/J", "'0.055 USD/kWh'"),
    "price of demand": ("currency/W", "'12 USD/kW'"),
    "price of water": ("currency/m**3", "'2.5 USD/m3'"),
    "angle": ("rad", "'270 deg'"),
}


@cache
def registry() -> pint.UnitRegistry:
    """Return the units of the project (built on first use: it takes 0.1 s)."""
    units: pint.UnitRegistry = pint.UnitRegistry(cache_folder=None)
    units.define("CFM = foot ** 3 / minute")
    units.define("gpm = gallon / minute")
    units.define("terahash = [hashing]")
    units.define("currency = [currency]")
    return units


def in_si(text: Any, kind: str) -> float:
    """Return a quantity of the given kind in SI units.

    >>> in_si("40 kW", "power")
    40000.0
    >>> round(in_si("22 degC", "temperature"), 2)
    295.15
    """
    unit_si, examples = KINDS[kind]
    wanted = f"wanted a {kind} with its unit, like {examples}"
    if not isinstance(text, str):
        raise ValueError(f"found {text!r}, {wanted}")
    match = NUMBER.fullmatch(text)
    if match is None or match[2] is None or not UNIT.fullmatch(match[2].strip()):
        raise ValueError(f"found {text!r}, {wanted}")
    try:
        unit = registry().parse_units(spelled_out(match[2]))
        found = registry().Quantity(float(match[1]), unit)
        if not found.is_compatible_with(unit_si or "dimensionless"):
            raise ValueError(f"found {text!r} ({name_of(unit)}), {wanted}")
        if kind == "temperature difference" and not unit_is_plain(unit):
            raise ValueError(f"found {text!r} (a point on the scale), {wanted}")
        value = float(found.to(unit_si or "dimensionless").magnitude)
    except ValueError:
        raise
    except Exception as error:  # pint: unknown unit, text that is no unit (tokenizer errors)
        raise ValueError(f"found {text!r} (no such unit), {wanted}") from error
    if not math.isfinite(value):
        raise ValueError(f"found {text!r} (not a finite number), {wanted}")
    return value


def spelled_out(unit: str) -> str:
    """Return a unit in pint's spelling: `m3/s` -> `m**3/s`, `TH/s` -> `terahash/s`."""
    unit = re.sub(r"\bTH\b", "terahash", unit.strip())
    return POWER_OF_UNIT.sub(r"\1**\2", unit)


def unit_is_plain(unit: pint.Unit) -> bool:
    """Whether zero in this unit is zero in SI (kelvin, not degrees Celsius)."""
    return float(registry().Quantity(0.0, unit).to_base_units().magnitude) == 0.0


def name_of(unit: pint.Unit) -> str:
    """Return what a unit measures, in words: `kg` -> `a mass`."""
    for kind, (unit_si, _) in KINDS.items():
        if registry().Unit(unit_si or "dimensionless").is_compatible_with(unit):
            return f"a {kind}"
    return f"of dimension {unit.dimensionality}"


def quantity(kind: str, least: float = -math.inf, most: float = math.inf, above: float = -math.inf):
    """Return the pydantic validator of a quantity between two bounds in SI units."""

    def parse(text: Any) -> float:
        value = in_si(text, kind)
        unit = KINDS[kind][0].replace("**", "")
        if value < least:
            wanted = f"wanted at least {least:g} {unit}".rstrip()
            raise ValueError(f"found {text!r}, {wanted}{in_celsius(text, kind)}")
        if value <= above:
            raise ValueError(f"found {text!r}, wanted more than {above:g} {unit}".rstrip())
        if value > most:
            raise ValueError(f"found {text!r}, wanted at most {most:g} {unit}".rstrip())
        return value

    return BeforeValidator(parse)


def in_celsius(text: str, kind: str) -> str:
    """Return the hint for a temperature in K that was meant in degC, like `22 K`."""
    match = NUMBER.fullmatch(text)
    meant = kind == "temperature" and match is not None and match[2] == "K"
    return f"; did you mean '{match[1]} degC'?" if meant and match else ""


def parse_share(value: Any) -> float:
    """Return a share from `25 %` or `0.25`: a ratio has no unit, so a bare number will do."""
    if isinstance(value, bool):
        raise ValueError(f"found {value!r}, wanted a share, like {KINDS['share'][1]}")
    return in_si(f"{value} dimensionless" if isinstance(value, int | float) else value, "share")


@dataclass(frozen=True)
class Price:
    """A price of energy: currency per joule, and the currency's three letters."""

    per_joule: float
    currency: str

    @property
    def per_kwh(self) -> float:
        """The same price per kilowatt-hour."""
        return self.per_joule * 3.6e6


def share(most: float) -> BeforeValidator:
    """Return the pydantic validator of a share up to `most`; a number above may be meant in %."""

    def parse(value: Any) -> float:
        found = parse_share(value)
        if found > most:
            percent = f"; did you mean '{value:g} %'?" if isinstance(value, int | float) else ""
            raise ValueError(f"found {value!r}, wanted at most {most:g}{percent}")
        return found

    return BeforeValidator(parse)


@dataclass(frozen=True)
class WaterPrice:
    """A price of water: currency per cubic metre, and the currency's three letters."""

    per_m3: float
    currency: str


@dataclass(frozen=True)
class DemandPrice:
    """A price of the highest power of a month: currency per watt, the currency's three letters."""

    per_watt: float
    currency: str


def parse_demand_price(text: Any) -> DemandPrice:
    """Return the price of demand from `12 USD/kW`."""
    return DemandPrice(*price_in_si(text, "price of demand"))


def parse_price(text: Any) -> Price:
    """Return the price of energy from `0.055 USD/kWh`."""
    return Price(*price_in_si(text, "price of energy"))


def parse_water_price(text: Any) -> WaterPrice:
    """Return the price of water from `2.5 USD/m3`."""
    return WaterPrice(*price_in_si(text, "price of water"))


def price_in_si(text: Any, kind: str) -> tuple[float, str]:
    """Return a price in its SI unit, and its currency."""
    match = (
        re.fullmatch(r"\s*(\S+)\s*([A-Z]{3})\s*/\s*(\S+)\s*", text)
        if isinstance(text, str)
        else None
    )
    if match is None:
        raise ValueError(f"found {text!r}, wanted a price with its unit, like {KINDS[kind][1]}")
    price = in_si(f"{match[1]} currency/{match[3]}", kind)
    if price < 0:
        raise ValueError(f"found {text!r}, wanted a price that is not negative")
    return price, match[2]


Coordinate = Annotated[float, quantity("length")]
Length = Annotated[float, quantity("length", above=0.0)]
Mass = Annotated[float, quantity("mass", above=0.0)]
Power = Annotated[float, quantity("power", least=0.0)]
Rating = Annotated[float, quantity("power", above=0.0)]
Pressure = Annotated[float, quantity("pressure", above=0.0)]
Temperature = Annotated[float, quantity("temperature", least=173.15, most=473.15)]
TemperatureDifference = Annotated[float, quantity("temperature difference", above=0.0)]
FlowFromZero = Annotated[float, quantity("flow", least=0.0)]
Flow = Annotated[float, quantity("flow", above=0.0)]
FlowPerPower = Annotated[float, quantity("flow per power", above=0.0)]
Velocity = Annotated[float, quantity("velocity", above=0.0)]
UValue = Annotated[float, quantity("heat transfer coefficient", above=0.0)]
HeatFlux = Annotated[float, quantity("heat flux")]
Voltage = Annotated[float, quantity("voltage", above=0.0)]
Energy = Annotated[float, quantity("energy", above=0.0)]
PowerRate = Annotated[float, quantity("power rate", above=0.0)]
Frequency = Annotated[float, quantity("frequency", above=0.0)]
Current = Annotated[float, quantity("current", above=0.0)]
ResistancePerLength = Annotated[float, quantity("resistance per length", least=0.0)]
SharePerKelvin = Annotated[float, quantity("share per temperature difference", least=0.0)]
HeatCapacity = Annotated[float, quantity("heat capacity", least=0.0)]
ThermalConductance = Annotated[float, quantity("thermal conductance", above=0.0)]
ThermalResistance = Annotated[float, quantity("thermal resistance", above=0.0)]
Volume = Annotated[float, quantity("volume", above=0.0)]
Time = Annotated[float, quantity("time", least=0.0)]
Conductivity = Annotated[float, quantity("conductivity", above=0.0)]
HeatLossPerLength = Annotated[float, quantity("heat loss per length", least=0.0)]
Density = Annotated[float, quantity("density", above=0.0)]
SpecificHeat = Annotated[float, quantity("specific heat", above=0.0)]
HashRate = Annotated[float, quantity("hash rate", above=0.0)]
EnergyPrice = Annotated[Price, BeforeValidator(parse_price)]
CostOfDemand = Annotated[DemandPrice, BeforeValidator(parse_demand_price)]
CostOfWater = Annotated[WaterPrice, BeforeValidator(parse_water_price)]
Share = Annotated[float, share(most=1.0), Field(ge=0.0)]
PositiveShare = Annotated[float, share(most=1.0), Field(gt=0.0)]
Ratio = Annotated[float, share(most=10.0), Field(gt=0.0)]
Angle = Annotated[float, quantity("angle")]
Altitude = Annotated[float, quantity("length", least=-430.0, most=6000.0)]
