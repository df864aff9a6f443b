"""Catalogue entries that compute: racks, miners, shelves of miners."""

from typing import Literal, Self

from pydantic import model_validator

from rehall.quantities import (
    HashRate,
    HeatCapacity,
    PositiveShare,
    Power,
    Share,
    Temperature,
    ThermalConductance,
    Voltage,
)
from rehall.schema.base import Count, Description, Name
from rehall.schema.entries.common import AirFlow, Coolant, FanCurve, Placed
from rehall.schema.entries.cooling import RearDoor

# Highest allowable air inlet [K]: ASHRAE TC 9.9 thermal guidelines, 5th edition (2021).
ALLOWABLE_INLET = {"A1": 305.15, "A2": 308.15, "A3": 313.15, "A4": 318.15}


class ShelfSupply(Description):
    """Power shelves of a rack: which entry of the catalogue, and how many."""

    shelf: Name
    count: Count


class Server(Placed):
    """Anything that turns electrical power into heat, carried away by air, liquid or both.

    `third_harmonic` is the share of a third harmonic in its current, which the neutral carries.
    `power` is what it draws for hours at full load (for accelerators the thermal design power),
    `power_peak` what it may draw for milliseconds; `liquid_fraction` is the share of the heat
    that goes to coolant. `air_flow` is the flow against no pressure outside; with a `fan_curve` it
    falls against a pressure, and a machine that is off lets air through either way.
    `thermal_mass` [J/K] is of what its air flows past, which takes up the heat and gives it to
    the air over `thermal_conductance` [W/K]; they matter in transients.
    """

    power: Power
    power_peak: Power | None = None
    power_factor: PositiveShare = 0.99
    third_harmonic: Share = 0.0
    liquid_fraction: Share = 0.0
    air_flow: AirFlow | None = None
    fan_curve: FanCurve | None = None
    coolant: Coolant | None = None
    voltage: tuple[Voltage, Voltage] | None = None
    thermal_mass: HeatCapacity | None = None
    thermal_conductance: ThermalConductance | None = None

    @model_validator(mode="after")
    def heat_has_a_way_out(self) -> Self:
        """Refuse heat to air without air flow, and heat to liquid without coolant."""
        if self.liquid_fraction < 1.0 and self.air_flow is None:
            raise ValueError("heat goes to air (liquid_fraction below 1), but there is no air_flow")
        if self.liquid_fraction > 0.0 and self.coolant is None:
            raise ValueError("heat goes to liquid (liquid_fraction), but there is no coolant")
        if self.fan_curve is not None and self.air_flow is None:
            raise ValueError("fan_curve is of no use without air_flow")
        return self


class Rack(Server):
    """A cabinet of IT equipment: air in at the front, out at the back."""

    kind: Literal["rack"]
    air_class: Literal["A1", "A2", "A3", "A4"] = "A2"
    air_inlet_max: Temperature | None = None
    supply: ShelfSupply | None = None
    rear_door: RearDoor | None = None
    gpus: int = 0
    cpus: int = 0
    switches: int = 0

    @property
    def inlet_max(self) -> float:
        """Highest allowed air inlet temperature [K]: the maker's, else that of the air class."""
        return self.air_inlet_max or ALLOWABLE_INLET[self.air_class]


class Miner(Server):
    """One bitcoin miner, cooled by air or by liquid."""

    kind: Literal["miner"]
    hashrate: HashRate
    air_inlet_max: Temperature

    @property
    def inlet_max(self) -> float:
        """Highest allowed air inlet temperature [K]."""
        return self.air_inlet_max


class MinerShelf(Placed):
    """A shelf of equal air-cooled miners, `columns` across its width and `levels` high."""

    kind: Literal["miner_shelf"]
    of: Miner
    columns: Count
    levels: Count

    @model_validator(mode="after")
    def miners_fit(self) -> Self:
        """Refuse more miners than fit, and miners that need liquid."""
        if self.of.liquid_fraction > 0.0:
            raise ValueError("a shelf holds air-cooled miners; a liquid-cooled one stands alone")
        for count, what, axis in ((self.columns, "columns", 0), (self.levels, "levels", 2)):
            needed, there = count * self.of.size[axis], self.size[axis]
            if needed > there + 1e-3:
                raise ValueError(f"{count} {what} of miners need {needed:.3f} m of {there:.3f} m")
        return self

    @property
    def miners(self) -> int:
        """Number of miners."""
        return self.columns * self.levels

    @property
    def power(self) -> float:
        """Power of all miners [W]."""
        return self.miners * self.of.power

    @property
    def power_factor(self) -> float:
        """Power factor of the miners [-]."""
        return self.of.power_factor

    @property
    def thermal_mass(self) -> float | None:
        """Thermal mass of all miners [J/K]."""
        mass = self.of.thermal_mass
        return None if mass is None else self.miners * mass

    @property
    def thermal_conductance(self) -> float | None:
        """Conductance from all miners to the air [W/K]."""
        each = self.of.thermal_conductance
        return None if each is None else self.miners * each

    @property
    def hashrate(self) -> float:
        """Hash rate of all miners [TH/s]."""
        return self.miners * self.of.hashrate

    @property
    def inlet_max(self) -> float:
        """Highest allowed air inlet temperature [K]."""
        return self.of.inlet_max

    @property
    def liquid_fraction(self) -> float:
        """Share of the heat that goes to liquid: none."""
        return 0.0

    @property
    def coolant(self) -> Coolant | None:
        """No coolant: shelves are cooled by air."""
        return None

    @property
    def air_flow(self) -> AirFlow | None:
        """Air flow law of the whole shelf."""
        return self.of.air_flow.times(self.miners) if self.of.air_flow else None

    @property
    def fan_curve(self) -> FanCurve | None:
        """Fan curve of the whole shelf: miners side by side, at one pressure."""
        rows = self.of.fan_curve
        return None if rows is None else tuple((self.miners * V_flow, dp) for V_flow, dp in rows)
