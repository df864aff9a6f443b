"""What the liquid side of a case says in words: what stands still, what no steady state carries.

A state may be solved to the last digit and still be none that can last: heat put into what does not
flow, pumps that cannot do what is asked of them. That is told as a warning, with limits broken
beside it. A state that is not solved is told with the part that misses most.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rehall.liquid import LiquidSide
from thermal.liquid.circuits import Name
from thermal.liquid.solve import CircuitsState
from thermal.liquid.violations import Violations, violations

ZERO = 273.15
STANDS = 1e-6
"""Of its usual flow, below which a link stands still: what is shut leaks less [-]."""
HEAT = 1.0
"""Heat that nothing takes away, above which it is told [W]."""
MISSED = 1e-4
"""Share of what a control is to hold, from which on it is told [-]."""
SOLVED = 1e-8
"""Relative violation of a law, an open flow or open heat of a part that is solved [-]."""
LITTLE = 0.9
"""Share of a facility's flow below which it is told that less flows [-]."""
NAMES = 4
"""Most names in a sentence."""


def warnings(side: LiquidSide, state: CircuitsState) -> list[str]:
    """What a solved state has that cannot last, and what its pumps cannot do."""
    if not bool(state.converged):
        return []
    found: list[str] = []
    for circuit in side.places.circuit:
        found += [*_heat(side, state, circuit), *_dry_units(side, state, circuit)]
        found += [*_controls(side, state, circuit), *_little_water(side, state, circuit)]
    return found


def _little_water(side: LiquidSide, state: CircuitsState, circuit: str) -> Iterator[str]:
    """A facility loop whose pumps move less than the case gives it."""
    link = side.places.link.get((circuit, "rejection"))
    if link is None:
        return
    run = [p for p in side.places.pump if p[0] == circuit and _runs(side, p)]
    given = 60e3 * sum(float(side.rated.V_flow[side.places.link[pump]]) for pump in run)
    found = 60e3 * float(side.V_flow(state)[link])
    if LITTLE * given > found > 0.01 * given:
        yield (
            f"{circuit}: {found:,.0f} L/min flow of the {given:,.0f} L/min that the case gives: "
            "its pumps raise no more through what is open"
        )


def reasons(side: LiquidSide, state: CircuitsState) -> list[str]:
    """Why a state is not solved, with the parts that miss most; empty if it is."""
    if bool(state.converged):
        return []
    missed = violations(side.model, side.scenario, state)
    found = [text for circuit in side.places.circuit for text in _open(side, missed, circuit)]
    return found or [
        f"liquid: flows, valves and temperatures still change after {int(state.rounds)} rounds"
    ]


def standing(side: LiquidSide, state: CircuitsState) -> NDArray[np.bool_]:
    """Links that nothing flows through."""
    return np.abs(np.asarray(state.m_flow)) <= STANDS * np.asarray(side.model.heat.m_scale)


def _heat(side: LiquidSide, state: CircuitsState, circuit: str) -> Iterator[str]:
    """Heat in a circuit that nothing takes away."""
    links = slice(*side.model.links[side.places.circuit[circuit]])
    still, unmet = standing(side, state)[links], np.asarray(state.heat_unmet)[links]
    names = [name for of, name in side.places.link if of == circuit]
    pumps = [name for of, name in side.places.pump if of == circuit]
    where = _circuit(side, circuit)
    if still.all():
        runs = any(_runs(side, (circuit, name)) for name in pumps)
        why = "its pumps run against closed valves" if runs else "no pump runs"
        lost = _heat_of(side, circuit, dict(zip(names, unmet, strict=True)))
        liquid = "coolant stands" if circuit in side.loops else "water stands"
        yield f"{where}: {why}; its {liquid} still" + (f"; {lost}" if lost else "")
        return
    without = {n: q for n, q, s in zip(names, unmet, still, strict=True) if s}
    beyond = {n: q for n, q, s in zip(names, unmet, still, strict=True) if not s}
    lost, hot = (_heat_of(side, circuit, each) for each in (without, beyond))
    if lost:
        dry = [n for n, q in without.items() if q > HEAT]
        told = _listed([f"{n} (shut)" if _shut(side, (circuit, n)) else n for n in dry])
        shut = [n for n in without if n not in dry and _closed(side, (circuit, n))]
        pipes = [_link(side, side.places.link[circuit, n]) for n in shut]
        behind = f" (closed: {_listed(pipes)})" if pipes else ""
        yield f"{where}: nothing flows through {told}{behind}; {lost}"
    if hot:
        T_max = side.model.fluids[side.places.circuit[circuit]].T_max - ZERO
        yield f"{where}: {hot}: it would warm the coolant above {T_max:.0f} degC"


def _heat_of(side: LiquidSide, circuit: str, unmet: dict[str, float]) -> str:
    """Whose heat has nowhere to go, and how much; empty where there is none."""
    left = {name: heat for name, heat in unmet.items() if heat > HEAT}
    if not left:
        return ""
    pumps = [name for name in left if (circuit, name) in side.places.pump]
    others = [name for name in left if name not in pumps]
    what = "rack" if circuit in side.loops else "coil"
    who = [f"{len(others)} {what}{'s' if len(others) > 1 else ''}"] if others else []
    who += [f"{len(pumps)} pump{'s' if len(pumps) > 1 else ''}"] if pumps else []
    return f"heat of {' and '.join(who)} ({sum(left.values()) / 1e3:,.0f} kW) has nowhere to go"


def _dry_units(side: LiquidSide, state: CircuitsState, circuit: str) -> Iterator[str]:
    """Units that coolant flows through and no facility water."""
    still, x = standing(side, state), side.model.heat.exchangers
    links = range(*side.model.links[side.places.circuit[circuit]])
    dry = [
        name
        for name, n in side.places.exchanger.items()
        if int(x.hot[n]) in links and not still[int(x.hot[n])] and still[int(x.cold[n])]
    ]
    # A two-way valve that has nothing to take away is shut, as it should be.
    dry = [name for name in dry if float(state.valve_share[side.places.exchanger[name]]) > 0.0]
    if dry:
        yield f"{_circuit(side, circuit)}: no facility water flows through {_listed(dry)}"


def _controls(side: LiquidSide, state: CircuitsState, circuit: str) -> Iterator[str]:
    """Pumps that cannot hold what they are to hold."""
    for (of, group), (n, k) in side.places.group.items():
        arrays, given = side.model.networks[n], side.scenario.hydraulic[n]
        here = np.asarray(arrays.pumps.group) == k
        target = float(given.target[k])
        if of != circuit or not np.isfinite(target) or not np.asarray(given.running)[here].any():
            continue
        first, nodes = side.places.first[n], _first_node(side, n)
        m = np.asarray(state.m_flow)[first : first + arrays.tail.shape[0]]
        p = np.asarray(state.p)[nodes : nodes + arrays.height.shape[0]]
        by_flow = np.asarray(arrays.groups.of_links[k])
        held = float(by_flow @ m + np.asarray(arrays.groups.of_nodes[k]) @ p)
        if abs(held - target) <= MISSED * target:
            continue
        if by_flow.any():
            scale, unit = 60e3 / float(np.asarray(given.density)[by_flow > 0].mean()), "L/min"
        else:
            scale, unit = 1e-3, "kPa"
        pumps = "its pumps" if group == circuit else f"pumps of {group}"
        speed = f"at {100 * float(state.speed[n][k]):.0f} % of full speed"
        short = "too little" if held < target else "too much"
        told = (
            f"hold {held * scale:,.1f} {unit}, {short}: asked for are {target * scale:,.1f} {unit}"
        )
        yield f"{_circuit(side, circuit)}: {pumps} {speed} {told}"


def _open(side: LiquidSide, missed: Violations, circuit: str) -> Iterator[str]:
    """The link, the nodes and the control of a circuit that miss most."""
    n = side.places.circuit[circuit]
    where = _circuit(side, circuit)
    links, nodes = slice(*side.model.links[n]), slice(*side.model.nodes[n])
    if not all(np.isfinite(part).all() for part in (missed.law[links], missed.heat[nodes])):
        yield f"{where}: no state was found, its flows or temperatures are no numbers"
        return
    place, value = _worst(missed.law[links])
    if value > SOLVED:
        law = f"the pressure along {_link(side, links.start + place)} is off by {_percent(value)}"
        yield f"{where}: flows did not close: {law} of a usual one"
    place, value = _worst(missed.flow[nodes])
    if value > SOLVED:
        at = _node(side, nodes.start + place)
        yield f"{where}: flows did not close: {_percent(value)} of a usual flow is open at {at}"
    groups = [at for (of, _), at in side.places.group.items() if of == circuit]
    control = [float(missed.control[network][k]) for network, k in groups]
    if any(value > SOLVED for value in control):
        yield f"{where}: flows did not close: no speed of the pumps meets their control"
    place, value = _worst(missed.heat[nodes])
    if value > SOLVED:
        at = _node(side, nodes.start + place)
        yield f"{where}: heat did not close: {_percent(value)} of all heat is open at {at}"


def _worst(values: NDArray[np.float64]) -> tuple[int, float]:
    """Place and value of the greatest."""
    place = int(np.argmax(values))
    return place, float(values[place])


def _percent(value: float) -> str:
    return f"{100 * value:.2g} %"


def _circuit(side: LiquidSide, circuit: str) -> str:
    return f"{'loop' if circuit in side.loops else 'facility'} {circuit}"


def _link(side: LiquidSide, link: int) -> str:
    """A link in words: by its name, a piece of a header by what it lies between."""
    circuit, name = next(key for key, n in side.places.link.items() if n == link)
    ends = [_node(side, int(end[link])) for end in (side.model.heat.tail, side.model.heat.head)]
    return f"the header from {' to '.join(ends)}" if _of_header(side, circuit, name) else name


def _of_header(side: LiquidSide, circuit: str, name: str) -> bool:
    loop = side.loops.get(circuit)
    if loop is None or loop.spec.header is None:
        return False
    known = {item.name for item in (*loop.racks, *loop.cdus)}
    return name not in known and (circuit, name) not in side.places.pump


def _node(side: LiquidSide, node: int) -> str:
    """A node in words: the supply or return of what is tapped there, else by its name."""
    circuit, name = next(key for key, n in side.places.node.items() if n == node)
    loop = side.loops.get(circuit)
    if loop is not None:
        for who, taps in loop.loop.taps.items():
            if name in taps:
                return f"the {('supply', 'return')[taps.index(name)]} of {who}"
        if name in {item.name for item in loop.cdus}:
            return f"the exchanger of {name}"
    return name


def _runs(side: LiquidSide, pump: Name) -> bool:
    n, k = side.places.pump[pump]
    return float(side.scenario.hydraulic[n].running[k]) > 0.0


def _shut(side: LiquidSide, link: Name) -> bool:
    """Whether a link is held at no flow or its valve closed."""
    n = side.places.network[link[0]]
    given = side.scenario.hydraulic[n]
    held = float(given.m_max[side.places.link[link] - side.places.first[n]]) <= 0.0
    valve = side.places.valve.get(link)
    return held or (valve is not None and float(given.position[valve[1]]) <= 0.0)


def _closed(side: LiquidSide, link: Name) -> bool:
    """Whether a pipe lets nothing through: shut, or with a check valve against the pressure."""
    if link in side.places.pump or link[1] in side.places.exchanger:
        return False
    n = side.places.network[link[0]]
    one_way = side.model.networks[n].one_way[side.places.link[link] - side.places.first[n]]
    return bool(one_way) or _shut(side, link)


def _first_node(side: LiquidSide, network: int) -> int:
    """Where the nodes of a network begin among all nodes."""
    return sum(arrays.height.shape[0] for arrays in side.model.networks[:network])


def _listed(names: list[str]) -> str:
    more = len(names) - NAMES
    return ", ".join(names[:NAMES]) + (f" and {more} more" if more > 0 else "")
