"""Solved circuits -> tables of the verdict: branches, pumps, pipes, users of facility water."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rehall.facility import facilities_of
from rehall.limits import STANDS
from rehall.liquid import LiquidSide
from rehall.simulate import Solution
from thermal.liquid.loop import pump_group, pump_names
from thermal.liquid.solve import CircuitsState

ZERO = 273.15
LPM = 60_000.0
"""Litres per minute in a cubic metre per second."""
Row = dict[str, Any]


def circuit_tables(solution: Solution) -> dict[str, list[Row]]:
    """Tables of all circuits; empty where a case has none."""
    names = ("branches", "pumps", "pipes", "facility_users")
    if solution.liquid is None:
        return {name: [] for name in names}
    known = Known(solution.liquid[0], jax.device_get(solution.liquid[1]))
    rows = (_branches, _pumps, _pipes, _facility_users)
    return {name: list(of(solution, known)) for name, of in zip(names, rows, strict=True)}


def water_of(solution: Solution) -> dict[str, Row]:
    """Water of each facility loop as it comes back to the rejection and leaves it."""
    if solution.liquid is None:
        return {}
    known = Known(solution.liquid[0], jax.device_get(solution.liquid[1]))
    names = [spec.name for spec in facilities_of(solution.case)]
    return {
        name: known.of_link(name, "rejection")
        for name in names
        if (name, "rejection") in known.side.places.link
    }


@dataclass(frozen=True, eq=False)
class Known:
    """Circuits and their state, asked by the name of a circuit and of what is in it."""

    side: LiquidSide
    state: CircuitsState

    @cached_property
    def junctions(self) -> list[str]:
        """Names of all junctions within their circuits."""
        return [name for _, name in self.side.places.node]

    @cached_property
    def densities(self) -> list[float]:
        """Of the circuits' liquids, where their networks take it [kg/m3]."""
        model = self.side.model
        pairs = zip(model.fluids, model.T_rest, strict=True)
        return [float(fluid.density(jnp.asarray(T))) for fluid, T in pairs]

    def flow(self, circuit: str, link: str) -> float:
        """Flow of a link [m3/s], positive from its first end to its second."""
        density = self.densities[self.side.places.circuit[circuit]]
        return float(self.state.m_flow[self.side.places.link[circuit, link]]) / density

    def of_link(self, circuit: str, link: str) -> Row:
        """Flow and temperatures of a link; None of what stands still."""
        n, V_flow = self.side.places.link[circuit, link], self.flow(circuit, link)
        T = (float(self.state.T_in[n]) - ZERO, float(self.state.T_out[n]) - ZERO)
        inlet, outlet = T if abs(V_flow) > STANDS else (None, None)
        return {"flow_lpm": V_flow * LPM, "inlet_c": inlet, "outlet_c": outlet}

    def ends(self, circuit: str, link: str) -> tuple[int, int]:
        """Numbers of the two junctions of a link."""
        n, heat = self.side.places.link[circuit, link], self.side.model.heat
        return int(heat.tail[n]), int(heat.head[n])

    def loss(self, circuit: str, link: str) -> float:
        """Pressure at the first end of a link above that at its second [Pa]."""
        one, two = self.ends(circuit, link)
        return float(self.state.p[one] - self.state.p[two])

    def running(self, circuit: str, pump: str) -> bool:
        """Whether a pump turns."""
        network, k = self.side.places.pump[circuit, pump]
        return bool(self.side.scenario.hydraulic[network].running[k] > 0)


def _branches(solution: Solution, known: Known) -> Iterator[Row]:
    """One row for each rack on a loop, with what `racks` does not say of its coolant."""
    for name, (loop, state) in solution.loops.items():
        for n, item in enumerate(loop.racks):
            one, two = known.ends(name, item.name)
            wanted = item.coolant_wanted
            V_flow = known.flow(name, item.name)
            yield {
                "name": item.name,
                "loop": name,
                "supply_at": known.junctions[one],
                "return_at": known.junctions[two],
                "wanted_lpm": wanted * LPM,
                "share_pct": 100 * V_flow / wanted if wanted > 0 else None,
                "dp_kpa": known.loss(name, item.name) / 1e3,
                "heat_kw": float(state.heat_taken[n]) / 1e3,
                "unmet_kw": float(state.heat_unmet[n]) / 1e3,
            }


def _pumps(solution: Solution, known: Known) -> Iterator[Row]:
    """One row for each pump of a CDU or a facility loop."""
    for name, (loop, _) in solution.loops.items():
        for cdu in loop.loop.cdus:
            for pump in pump_names(cdu):
                yield _pump(known, name, cdu.name, pump, pump_group(loop.loop, cdu))
    for spec in facilities_of(solution.case):
        for circuit, pump in known.side.places.pump:
            if circuit == spec.name:
                yield _pump(known, spec.name, spec.name, pump, spec.name)


def _pump(known: Known, circuit: str, of: str, pump: str, group: str) -> Row:
    """A pump that stands still has no head."""
    running = known.running(circuit, pump)
    network, k = known.side.places.group[circuit, group]
    n = known.side.places.link[circuit, pump]
    return {
        "name": pump if of != circuit else f"{circuit} {pump}",
        "loop": circuit,
        "of": of,
        "state": "running" if running else "stopped",
        "speed_pct": 100 * float(known.state.speed[network][k]) * running,
        "flow_lpm": known.flow(circuit, pump) * LPM,
        "head_kpa": -known.loss(circuit, pump) / 1e3 if running else None,
        "heat_kw": float(known.state.pump_heat[n]) / 1e3,
    }


def _pipes(solution: Solution, known: Known) -> Iterator[Row]:
    """One row for each pipe of a manifold or section of a header."""
    diameters = _diameters(known.side)
    for name, (loop, _) in solution.loops.items():
        others = {*(i.name for i in loop.racks), *(i.name for i in loop.cdus)}
        others |= {pump for cdu in loop.loop.cdus for pump in pump_names(cdu)}
        links = [link for circuit, link in known.side.places.link if circuit == name]
        for link in (link for link in links if link not in others):
            one, two = known.ends(name, link)
            area = 0.25 * np.pi * diameters[known.side.places.link[name, link]] ** 2
            yield {
                "name": link,
                "loop": name,
                "from": known.junctions[one],
                "to": known.junctions[two],
                **known.of_link(name, link),
                "velocity_m_s": known.flow(name, link) / area,
                "dp_kpa": known.loss(name, link) / 1e3,
            }


def _diameters(side: LiquidSide) -> dict[int, float]:
    """Diameter of the pipe of every link that has one [m]."""
    found: dict[int, float] = {}
    for first, network in zip(side.places.first, side.model.networks, strict=True):
        links, widths = np.asarray(network.pipes.link), np.asarray(network.pipes.diameter)
        found |= {first + int(n): float(d) for n, d in zip(links, widths, strict=True)}
    return found


def _facility_users(solution: Solution, known: Known) -> Iterator[Row]:
    """One row for each CDU, coil and rear door on facility water.

    Water that a three-way valve lets pass by is in the flow and in the outlet.
    """
    side, state = known.side, known.state
    for spec in facilities_of(solution.case):
        for item in solution.case.items:
            if (spec.name, item.name) in side.places.link:
                n = side.places.link[spec.name, item.name]
                x = side.places.exchanger.get(item.name)
                heat = state.heat_taken[n] if x is None else state.exchanged[x]
                yield {
                    "name": item.name,
                    "loop": spec.name,
                    "kind": item.kind,
                    **known.of_link(spec.name, item.name),
                    "heat_kw": float(heat) / 1e3,
                }
