"""A technology cooling loop (units, header, rack branches) -> LiquidModel."""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from geometry.errors import Finding, InputError
from thermal.exchanger import ua_from_rating
from thermal.liquid import network, parts
from thermal.liquid.curves import fit_pump
from thermal.liquid.network import Network, State
from thermal.properties import Fluid, check_range, fluid

CONTROLS = ("speed", "differential_pressure")
GROUP = "cdus"  # the pumps of all units turn at one speed


@dataclass(frozen=True)
class Pump:
    """A pump as its unit shows it outside: available external head at full speed."""

    V_flow: tuple[float, ...]  # [m3/s]
    dp: tuple[float, ...]  # [Pa]
    efficiency: float = 0.6  # hydraulic power outside the unit over electrical power [-]
    power_nominal: float | None = None  # at nominal flow and full speed; replaces `efficiency` [W]


@dataclass(frozen=True)
class Cdu:
    """A coolant distribution unit, rated with facility water `approach` below its supply."""

    name: str
    capacity: float  # [W]
    approach: float  # secondary supply minus facility inlet at rating [K]
    V_flow_nominal: float  # secondary [m3/s]
    V_flow_facility_nominal: float  # [m3/s]
    pump: Pump


@dataclass(frozen=True)
class Branch:
    """A rack with its hoses, quick disconnects and cold plates: dp = dp_n (V/V_n)^exponent."""

    name: str
    dp_nominal: float  # [Pa]
    V_flow_nominal: float  # [m3/s]
    exponent: float = 1.75


@dataclass(frozen=True)
class Header:
    """Supply header in equal segments between branches; the return is the same, direct return."""

    length: float  # of one segment [m]
    diameter: float  # [m]
    roughness: float = 4.5e-5  # commercial steel, Moody (1944) [m]


@dataclass(frozen=True)
class Loop:
    """Units in parallel at the first end of the header, one branch after each segment."""

    name: str
    fluid: str
    cdus: tuple[Cdu, ...]
    branches: tuple[Branch, ...]
    header: Header
    control: str  # "speed" or "differential_pressure"
    control_value: float  # speed of full [-], or Pa across supply and return at the first branch
    T_supply_set: float  # [K]
    facility_fluid: str = "water"


class Exchangers(eqx.Module):
    """The exchangers of the units and the flows at which they are rated."""

    UA: Float[Array, " cdu"]  # at nominal flows [W/K]
    V_flow_nominal: Float[Array, " cdu"]  # secondary [m3/s]
    V_flow_facility_nominal: Float[Array, " cdu"]  # [m3/s]


class LiquidModel(eqx.Module):
    """Arrays of one loop, fixed during a solve.

    Nodes are supply 0..n-1, then return n..2n-1; links the units, the branches, then the header.
    """

    network: Network
    state: State  # everything running and open
    density: Float[Array, ""]  # of the coolant at its set point [kg/m3]
    V_flow_branch: Float[Array, " branch"]  # nominal [m3/s]
    efficiency: Float[Array, " cdu"]  # of the pumps, hydraulic over electrical power [-]
    exchangers: Exchangers
    T_supply_set: Float[Array, ""]  # [K]
    fluid: Fluid
    facility_fluid: Fluid


def build(loop: Loop) -> LiquidModel:
    """Arrays of a loop; raises InputError with everything that is wrong with it."""
    findings = _findings(loop)
    if findings:
        raise InputError(findings)
    coolant, facility = fluid(loop.fluid), fluid(loop.facility_fluid)
    check_range(coolant, loop.T_supply_set, f"{loop.name}.T_supply_set")
    T = jnp.asarray(loop.T_supply_set)
    density, speed = coolant.density(T), loop.control == "speed"
    links = [*_units(loop), *_branches(loop), *_header(loop)]
    controlled = [] if speed else [parts.Control(GROUP, loop.control_value, "s0", "r0")]
    arrays, state = network.build(
        links,
        _nodes(loop),
        controlled,
        density=float(density),
        viscosity=float(coolant.viscosity(T)),
    )
    if speed:
        state = eqx.tree_at(
            lambda s: s.speed, state, jnp.full_like(state.speed, loop.control_value)
        )
    return LiquidModel(
        network=arrays,
        state=state,
        density=density,
        V_flow_branch=jnp.asarray([float(branch.V_flow_nominal) for branch in loop.branches]),
        efficiency=jnp.asarray([_efficiency(cdu) for cdu in loop.cdus]),
        exchangers=_exchangers(loop, coolant, facility),
        T_supply_set=T,
        fluid=coolant,
        facility_fluid=facility,
    )


def _findings(loop: Loop) -> list[Finding]:
    """Everything about a loop that cannot be solved."""
    found = []
    if not loop.cdus:
        found.append(Finding(loop.name, "a loop without a pump; wanted at least one CDU"))
    if not loop.branches:
        found.append(Finding(loop.name, "a loop without a branch; wanted at least one rack"))
    if loop.control not in CONTROLS:
        found.append(Finding(loop.name, f"control {loop.control!r}; wanted one of {CONTROLS}"))
    positive: list[tuple[str, float]] = [
        (f"{loop.name}.control_value", loop.control_value),
        (f"{loop.name}.header.diameter", loop.header.diameter),
    ]
    for cdu in loop.cdus:
        for number in ("capacity", "approach", "V_flow_nominal", "V_flow_facility_nominal"):
            positive.append((f"{cdu.name}.{number}", getattr(cdu, number)))
        positive.append((f"{cdu.name}.pump.efficiency", cdu.pump.efficiency))
        if cdu.pump.power_nominal is not None:
            positive.append((f"{cdu.name}.pump.power_nominal", cdu.pump.power_nominal))
    for branch in loop.branches:
        for number in ("dp_nominal", "V_flow_nominal", "exponent"):
            positive.append((f"{branch.name}.{number}", getattr(branch, number)))
    found += [
        Finding(where, f"{value:g}; wanted more than 0")
        for where, value in positive
        if not value > 0
    ]
    return found


def _nodes(loop: Loop) -> list[parts.Node]:
    """Supply and return at every branch; the vessel is at the first return."""
    count = range(len(loop.branches))
    supply = [parts.Node(f"s{n}") for n in count]
    return supply + [parts.Node(f"r{n}", pressure=0.0 if n == 0 else None) for n in count]


def _units(loop: Loop) -> list[parts.Link]:
    """Pumps of all units behind their check valves, from the first return to the first supply."""
    return [
        parts.Link(
            cdu.name,
            "r0",
            "s0",
            pump=parts.Pump(cdu.pump.V_flow, cdu.pump.dp, group=GROUP),
            check=True,
        )
        for cdu in loop.cdus
    ]


def _efficiency(cdu: Cdu) -> float:
    """Hydraulic over electrical power; from the rated power where that is given."""
    if cdu.pump.power_nominal is None:
        return cdu.pump.efficiency
    V_flow = cdu.V_flow_nominal
    shutoff, linear, quadratic = fit_pump(cdu.pump.V_flow, cdu.pump.dp, f"{cdu.name}.pump")
    hydraulic = (shutoff - linear * V_flow - quadratic * V_flow**2) * V_flow
    efficiency = hydraulic / cdu.pump.power_nominal
    if not 0.0 < efficiency < 1.0:
        found = f"{hydraulic / 1e3:.1f} kW into the flow from {cdu.pump.power_nominal / 1e3:.1f} kW"
        message = f"{found} at nominal flow; wanted an efficiency between 0 and 1"
        raise InputError([Finding(f"{cdu.name}.pump", message)])
    return efficiency


def _branches(loop: Loop) -> list[parts.Link]:
    """Rack branches, each from its supply node to its return node."""
    return [
        parts.Link(
            branch.name,
            f"s{n}",
            f"r{n}",
            losses=(parts.PowerLaw(branch.dp_nominal, branch.V_flow_nominal, branch.exponent),),
        )
        for n, branch in enumerate(loop.branches)
    ]


def _header(loop: Loop) -> list[parts.Link]:
    """Header segments: supply away from the units, return towards them."""
    pipe = parts.Pipe(loop.header.length, loop.header.diameter, loop.header.roughness)
    away = [(f"s{n}", f"s{n + 1}") for n in range(len(loop.branches) - 1)]
    back = [(f"r{n + 1}", f"r{n}") for n in range(len(loop.branches) - 1)]
    return [parts.Link(f"{a} to {b}", a, b, pipes=(pipe,)) for a, b in away + back]


def _exchangers(loop: Loop, coolant: Fluid, facility: Fluid) -> Exchangers:
    """Conductance of each unit from its rating, supplying at the set point."""
    return Exchangers(
        UA=jnp.asarray([_rated_ua(cdu, loop.T_supply_set, coolant, facility) for cdu in loop.cdus]),
        V_flow_nominal=jnp.asarray([float(cdu.V_flow_nominal) for cdu in loop.cdus]),
        V_flow_facility_nominal=jnp.asarray(
            [float(cdu.V_flow_facility_nominal) for cdu in loop.cdus]
        ),
    )


def _rated_ua(cdu: Cdu, T_supply: float, coolant: Fluid, facility: Fluid) -> float:
    """UA [W/K] that carries the rated capacity with the rated approach at nominal flows."""
    T_cold_in = T_supply - cdu.approach
    C_hot = _capacity_rate(coolant, T_supply, cdu.V_flow_nominal)
    C_cold = _capacity_rate(facility, T_cold_in, cdu.V_flow_facility_nominal)
    T_hot_in = T_supply + cdu.capacity / C_hot
    return ua_from_rating(cdu.capacity, C_hot, C_cold, T_hot_in, T_cold_in, where=cdu.name)


def _capacity_rate(liquid: Fluid, T: float, V_flow: float) -> float:
    """Density times heat capacity times flow [W/K] at T [K]."""
    at = jnp.asarray(T)
    return float(liquid.density(at) * liquid.heat_capacity(at)) * V_flow
