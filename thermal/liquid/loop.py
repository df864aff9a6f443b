"""A technology cooling loop: units, manifold and rack branches -> Circuit."""

from dataclasses import dataclass
from typing import Literal

import jax.numpy as jnp

from geometry.errors import Finding, InputError
from thermal.exchanger import ua_from_rating
from thermal.liquid.circuits import Circuit, Exchanger
from thermal.liquid.curves import fit_pump
from thermal.liquid.parts import Control, Coupling, Link, Node, Pipe, PowerLaw, Pump, Valve
from thermal.properties import Fluid

ControlOf = Literal["speed", "differential_pressure", "flow"]


@dataclass(frozen=True)
class Pumps:
    """Equal pumps in parallel, each behind its check valve, as their unit shows them outside.

    `V_flow`, `dp`: head left for the loop while `duty` of the `count` pumps run at full speed.
    Pumps of the numbers `without_check`, from 1, let liquid back while they stand.
    """

    V_flow: tuple[float, ...]  # [m3/s]
    dp: tuple[float, ...]  # [Pa]
    count: int = 1
    duty: int = 1
    without_check: tuple[int, ...] = ()


@dataclass(frozen=True)
class Cdu:
    """A coolant distribution unit, rated with facility water `approach` below its supply."""

    name: str
    capacity: float  # [W]
    approach: float  # secondary supply minus facility inlet at rating [K]
    V_flow_nominal: float  # secondary [m3/s]
    V_flow_facility_nominal: float  # [m3/s]
    pumps: Pumps
    efficiency: float = 0.6  # of the pumps, hydraulic over electrical power [-]
    dp_exchanger: float = 15e3  # secondary side, at nominal flow [Pa]
    dp_filter: float = 5e3  # clean, at nominal flow [Pa]


@dataclass(frozen=True)
class Branch:
    """A rack: dp = dp_nominal (V/V_flow_nominal)^exponent, and what lies before it."""

    name: str
    dp_nominal: float  # [Pa]
    V_flow_nominal: float  # [m3/s]
    exponent: float = 1.75
    hoses: tuple[Pipe, ...] = ()
    couplings: tuple[Coupling, ...] = ()
    valve: Valve | None = None


@dataclass(frozen=True)
class Header:
    """Supply and return header in equal segments between branches.

    With `reverse` return the last branch of the supply is the first of the return.
    """

    length: float  # of one segment [m]
    diameter: float  # [m]
    roughness: float = 4.5e-5  # commercial steel, Moody (1944) [m]
    zeta: float = 0.0  # of the fittings of one segment [-]
    reverse: bool = False


@dataclass(frozen=True)
class Manifold:
    """Pipes of any topology, and the nodes (supply, return) at which things connect."""

    pipes: tuple[Link, ...]
    taps: dict[str, tuple[str, str]]  # by the name of the unit or branch


@dataclass(frozen=True)
class Loop:
    """Units and branches on one manifold; a vessel holds the pressure where units draw."""

    name: str
    fluid: Fluid
    cdus: tuple[Cdu, ...]
    branches: tuple[Branch, ...]
    manifold: Header | Manifold
    control: ControlOf
    # Speed of full [-], Pa across the taps of the first unit, or m3/s of each unit.
    control_value: float
    T_supply_set: float  # [K]
    pressure: float = 0.0  # gauge, of the vessel [Pa]

    @property
    def taps(self) -> dict[str, tuple[str, str]]:
        """Supply and return node of every unit and branch."""
        if isinstance(self.manifold, Manifold):
            return self.manifold.taps
        end = len(self.branches) - 1
        ends = ("s0", f"r{end}" if self.manifold.reverse else "r0")
        taps = {b.name: (f"s{n}", f"r{n}") for n, b in enumerate(self.branches)}
        return taps | {cdu.name: ends for cdu in self.cdus}


def circuit(loop: Loop) -> Circuit:
    """Links and nodes of a loop.

    Links are named by the unit (its exchanger), `UNIT pump 1`, ..., and the branch.
    """
    links = [*_units(loop), *_branches(loop), *pipes(loop)]
    names = dict.fromkeys(end for link in links for end in (link.tail, link.head))
    vessel = loop.taps[loop.cdus[0].name][1]
    return Circuit(
        loop.name,
        loop.fluid,
        loop.T_supply_set,
        tuple(links),
        tuple(Node(n, pressure=loop.pressure if n == vessel else None) for n in names),
        tuple(_controls(loop)),
    )


def exchangers(loop: Loop, water: Circuit, two_way: bool = False) -> list[Exchanger]:
    """The exchangers of the units of a loop, with a facility circuit that has a link for each.

    Their UA is that of the rating, supplying at the loop's set point.
    """
    return [_exchanger(cdu, loop, water, two_way) for cdu in loop.cdus]


def _exchanger(cdu: Cdu, loop: Loop, water: Circuit, two_way: bool) -> Exchanger:
    T = loop.T_supply_set
    m_hot, C_hot = _rates(loop.fluid, T, cdu.V_flow_nominal)
    m_cold, C_cold = _rates(water.fluid, T - cdu.approach, cdu.V_flow_facility_nominal)
    hottest, coldest = T + cdu.capacity / C_hot, T - cdu.approach
    UA = ua_from_rating(cdu.capacity, C_hot, C_cold, hottest, coldest, where=cdu.name)
    links = (loop.name, cdu.name), (water.name, cdu.name)
    return Exchanger(cdu.name, *links, UA, m_hot, m_cold, T, two_way)


def _rates(liquid: Fluid, T: float, V_flow: float) -> tuple[float, float]:
    """Mass flow [kg/s] and capacity rate [W/K] of a flow at T [K]."""
    m_flow = float(liquid.density(jnp.asarray(T))) * V_flow
    return m_flow, m_flow * float(liquid.heat_capacity(jnp.asarray(T)))


def findings(loop: Loop) -> list[Finding]:
    """Everything about a loop that cannot be solved."""
    found = []
    if not loop.cdus:
        found.append(Finding(loop.name, "a loop without a pump; wanted at least one CDU"))
    if not loop.branches:
        found.append(Finding(loop.name, "a loop without a branch; wanted at least one rack"))
    positive: list[tuple[str, float]] = [(f"{loop.name}.control_value", loop.control_value)]
    for branch in loop.branches:
        for number in ("dp_nominal", "V_flow_nominal", "exponent"):
            positive.append((f"{branch.name}.{number}", getattr(branch, number)))
    for cdu in loop.cdus:
        for number in ("capacity", "approach", "V_flow_nominal", "V_flow_facility_nominal"):
            positive.append((f"{cdu.name}.{number}", getattr(cdu, number)))
        positive.append((f"{cdu.name}.efficiency", cdu.efficiency))
        if not 0 < cdu.pumps.duty <= cdu.pumps.count:
            text = f"{cdu.pumps.duty} on duty of {cdu.pumps.count}; wanted 1 to {cdu.pumps.count}"
            found.append(Finding(f"{cdu.name}.pumps", text))
        elif cdu.pumps.without_check and not _resists(cdu):
            text = "without_check: a pump with a straight curve resists nothing while it stands; "
            found.append(Finding(f"{cdu.name}.pumps", f"{text}wanted a curve that bends down"))
    found += [
        Finding(where, f"{value:g}; wanted more than 0")
        for where, value in positive
        if not value > 0
    ]
    names = [*(c.name for c in loop.cdus), *(b.name for b in loop.branches)]
    missing = [name for name in names if name not in loop.taps]
    return found + [Finding(name, f"has no tap on the manifold of {loop.name}") for name in missing]


def pump_names(cdu: Cdu) -> list[str]:
    """Names of the links of a unit's pumps; the first `duty` of them run."""
    return [f"{cdu.name} pump {n + 1}" for n in range(cdu.pumps.count)]


def head_at(V_flow: float, pumps: Pumps, where: str) -> float:
    """Head left for the loop at a flow and full speed [Pa]."""
    shutoff, linear, quadratic = fit_pump(pumps.V_flow, pumps.dp, where)
    return shutoff - linear * V_flow - quadratic * V_flow**2


def efficiency(dp: float, V_flow: float, power: float, where: str) -> float:
    """Hydraulic power of a flow [m3/s] against dp [Pa] over electrical power [W]."""
    found = dp * V_flow / power
    if not 0.0 < found < 1.0:
        into = f"{dp * V_flow / 1e3:.1f} kW into the flow from {power / 1e3:.1f} kW"
        message = f"{into} at nominal flow; wanted an efficiency between 0 and 1"
        raise InputError([Finding(f"{where}.pump", message)])
    return found


def pump_group(loop: Loop, cdu: Cdu) -> str:
    """Group of a unit's pumps; those that hold one pressure together turn at one speed."""
    return cdu.name if loop.control == "flow" else loop.name


def _units(loop: Loop) -> list[Link]:
    """Pumps of all units behind their check valves, then filter and exchanger."""
    links = []
    for cdu in loop.cdus:
        supply, back = loop.taps[cdu.name]
        pump = Pump(*_curve(cdu), group=pump_group(loop, cdu))
        links += [
            Link(name, back, cdu.name, pump=pump, check=number not in cdu.pumps.without_check)
            for number, name in enumerate(pump_names(cdu), 1)
        ]
        law = PowerLaw(_inside(cdu), cdu.V_flow_nominal, 2.0)
        links.append(Link(cdu.name, cdu.name, supply, losses=(law,)))
    return links


def _inside(cdu: Cdu) -> float:
    """Pressure that exchanger and filter lose at the nominal flow [Pa]."""
    return cdu.dp_exchanger + cdu.dp_filter


def _curve(cdu: Cdu) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Flow [m3/s] and rise [Pa] of one pump of a unit, what the unit loses inside included."""
    pumps, inside = cdu.pumps, _inside(cdu)
    rise = tuple(
        dp + inside * (V_flow / cdu.V_flow_nominal) ** 2
        for V_flow, dp in zip(pumps.V_flow, pumps.dp, strict=True)
    )
    return tuple(V_flow / pumps.duty for V_flow in pumps.V_flow), rise


def _resists(cdu: Cdu) -> bool:
    """Whether a pump of a unit resists while it stands (laws.raised)."""
    return fit_pump(*_curve(cdu), f"{cdu.name}.pump")[2] > 0.0


def _branches(loop: Loop) -> list[Link]:
    """Rack branches, each from its supply node to its return node."""
    return [
        Link(
            branch.name,
            *loop.taps[branch.name],
            pipes=branch.hoses,
            losses=(PowerLaw(branch.dp_nominal, branch.V_flow_nominal, branch.exponent),),
            couplings=branch.couplings,
            valve=branch.valve,
        )
        for branch in loop.branches
    ]


def pipes(loop: Loop) -> list[Link]:
    """Segments of the header: supply away from the units, return towards them."""
    header = loop.manifold
    if isinstance(header, Manifold):
        return list(header.pipes)
    pipe = Pipe(header.length, header.diameter, header.roughness, header.zeta)
    steps = range(len(loop.branches) - 1)
    away = [(f"s{n}", f"s{n + 1}") for n in steps]
    back = [(f"r{n}", f"r{n + 1}") if header.reverse else (f"r{n + 1}", f"r{n}") for n in steps]
    return [Link(f"{a} to {b}", a, b, pipes=(pipe,)) for a, b in away + back]


def _controls(loop: Loop) -> list[Control]:
    """What the pumps hold; at a given speed nothing."""
    if loop.control == "differential_pressure":
        high, low = loop.taps[loop.cdus[0].name]
        return [Control(loop.name, loop.control_value, high, low)]
    if loop.control == "flow":
        density = float(loop.fluid.density(jnp.asarray(loop.T_supply_set)))
        target = density * loop.control_value
        return [Control(cdu.name, target, links=(cdu.name,)) for cdu in loop.cdus]
    return []
