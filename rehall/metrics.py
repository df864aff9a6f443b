"""Indices of the hall as a whole, from the tables of its summary.

RCI: Herrlin (2005), ASHRAE Transactions 111(2). SHI, RHI: Sharma, Bash and Patel (2002),
AIAA 2002-3091. RTI: Herrlin (2008), ASHRAE Transactions 114(1). Air change: Etheridge and Sandberg
(1996), Building Ventilation, chapter 12. PUE, WUE: ISO/IEC 30134-2, -9.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rehall.schema.entries.servers import ALLOWABLE_INLET

RECOMMENDED = (18.0, 27.0)
"""Recommended inlet of IT equipment [degC]. ASHRAE TC 9.9, thermal guidelines, 5th ed. (2021)."""
ALLOWABLE_LOW = {"A1": 15.0, "A2": 10.0, "A3": 5.0, "A4": 5.0}
"""Lowest allowable inlet by air class [degC]; same source."""
LATENT_HEAT = 2.43e6
"""Heat of evaporation of water near 30 degC [J/kg]. ASHRAE Fundamentals (2017), chapter 1."""


@dataclass(frozen=True)
class AirSide:
    """Flow-weighted temperatures of the equipment and of its supply and return [degC]; kg/s."""

    m_equipment: float
    T_in: float
    T_out: float
    T_supply: float
    m_supply: float
    T_return: float


def cooling_indices(inlets: Sequence[tuple[float, str]]) -> tuple[float | None, float | None]:
    """Rack cooling indices, high and low side [%], of (inlet [degC], air class) per rack.

    100 where no inlet leaves the recommended range; 0 where all stand at the allowable limit.
    """
    if not inlets:
        return None, None
    low, high = RECOMMENDED
    over = [max(T - high, 0.0) / (ALLOWABLE_INLET[c] - 273.15 - high) for T, c in inlets]
    under = [max(low - T, 0.0) / (low - ALLOWABLE_LOW[c]) for T, c in inlets]
    return 100 * (1 - float(np.mean(over))), 100 * (1 - float(np.mean(under)))


def heat_indices(air: AirSide) -> tuple[float | None, float | None]:
    """Supply and return heat index [-]: share of the air's rise that is recirculation."""
    rise = air.T_out - air.T_supply
    if air.m_equipment <= 0 or rise <= 0:
        return None, None
    shi = (air.T_in - air.T_supply) / rise
    return shi, 1 - shi


def return_index(air: AirSide) -> float | None:
    """Return temperature index [%]: above 100 recirculation, below it bypass."""
    rise = air.T_out - air.T_in
    if air.m_equipment <= 0 or rise <= 0:
        return None
    return 100 * (air.T_return - air.T_supply) / rise


def air_change_efficiency(age: float, mass: float, m_supplied: float) -> float | None:
    """Air change efficiency [%]: the least mean age that the flow allows, over the mean `age` [s].

    The least is half of `mass` [kg] of air over the supplied [kg/s]: 100 % in piston flow, 50 %
    where the air is fully mixed, less with air that stagnates.

    >>> air_change_efficiency(age=100.0, mass=500.0, m_supplied=5.0)
    50.0
    """
    return 100 * 0.5 * mass / m_supplied / age if m_supplied > 0 and age > 0 else None


def evaporation(m_air: float, cooling: float, cp: float = 1006.0) -> float:
    """Water that a wet pad evaporates [kg/s] to cool m_air [kg/s] by `cooling` [K]."""
    return m_air * cp * cooling / LATENT_HEAT
