"""What a network is made of: links between named nodes, each a series of losses and perhaps a pump.

Plain descriptions in SI; `thermal.liquid.network.build` turns them into arrays.
"""

from dataclasses import dataclass
from typing import Literal

KV_DENSITY = 1000.0  # water, for which a flow coefficient is given; IEC 60534-1 [kg/m3]
KV_PRESSURE = 1e5  # across the valve at its flow coefficient; IEC 60534-1 [Pa]
CV_TO_KV = 0.865  # m3/h at 1 bar over US gallons per minute at 1 psi; IEC 60534-1
ROUGHNESS_STEEL = 4.5e-5  # commercial steel, Moody (1944) [m]

Characteristic = Literal["linear", "equal_percentage"]


@dataclass(frozen=True)
class Pipe:
    """Straight round pipe or hose, with fittings as `zeta` velocity heads."""

    length: float  # [m]
    diameter: float  # inside [m]
    roughness: float = ROUGHNESS_STEEL  # [m]
    zeta: float = 0.0  # sum of loss coefficients, dp = zeta rho v^2 / 2 [-]


@dataclass(frozen=True)
class PowerLaw:
    """Measured resistance dp = dp_nominal (V / V_flow_nominal)^exponent: a rack, a filter."""

    dp_nominal: float  # [Pa]
    V_flow_nominal: float  # [m3/s]
    exponent: float = 1.75


@dataclass(frozen=True)
class Coupling:
    """A resistance known by its flow coefficient: quick disconnect, ball valve, strainer."""

    Kv: float  # [m3/h at 1 bar of water]


@dataclass(frozen=True)
class Valve:
    """A valve with a position from 0, closed, to 1, fully open.

    Its flow coefficient is Kv times the position, or Kv rangeability^(position - 1); IEC 60534-2-4.
    """

    Kv: float  # fully open [m3/h at 1 bar of water]
    characteristic: Characteristic = "linear"
    rangeability: float = 50.0  # of the equal percentage, largest over smallest Kv [-]


@dataclass(frozen=True)
class Pump:
    """A pump at full speed: pressure rise against flow."""

    V_flow: tuple[float, ...]  # [m3/s]
    dp: tuple[float, ...]  # [Pa]
    group: str | None = None  # pumps of a group turn at one speed; alone if None


@dataclass(frozen=True)
class Link:
    """One way from node `tail` to node `head`: its parts in series, flow positive that way."""

    name: str
    tail: str
    head: str
    pipes: tuple[Pipe, ...] = ()
    losses: tuple[PowerLaw, ...] = ()
    couplings: tuple[Coupling, ...] = ()
    valve: Valve | None = None
    pump: Pump | None = None
    check: bool = False  # a check valve lets nothing back


@dataclass(frozen=True)
class Node:
    """A junction; `pressure` where an expansion vessel or a tank holds it, `demand` leaves it."""

    name: str
    height: float = 0.0  # [m]
    pressure: float | None = None  # gauge [Pa]
    demand: float = 0.0  # [kg/s]


@dataclass(frozen=True)
class Control:
    """Pumps of `group` slow down until a measured value is what it should be; else full speed.

    The value is the pressure of node `high` over node `low`, or the flow of all `links` together.
    """

    group: str
    target: float  # [Pa], or [kg/s] of `links`
    high: str | None = None
    low: str | None = None
    links: tuple[str, ...] = ()
