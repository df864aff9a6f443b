"""The liquid side of a case: all rack loops and facility loops as circuits that exchange heat."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from geometry.errors import InputError
from rehall.coils import coil_rating, entry_of
from rehall.config import Case
from rehall.facility import facilities_of
from rehall.layout import Item
from rehall.loop_state import LoopState, loop_state
from rehall.piping import facility_circuit, loop_of
from rehall.schema.entries import Cdu
from rehall.schema.liquid import LoopSpec, PumpSet
from thermal.liquid import loop as loops
from thermal.liquid.circuits import (
    CircuitsModel,
    Exchanger,
    Places,
    Rejection,
    Scenario,
    build,
    switched,
)
from thermal.liquid.solve import CircuitsState, solve
from thermal.properties import fluid


@dataclass(frozen=True, eq=False)
class LoopModel:
    """A rack loop with the pieces of equipment on it."""

    spec: LoopSpec
    cdus: tuple[Item, ...]
    racks: tuple[Item, ...]
    loop: loops.Loop
    density: float  # of its coolant at the set point [kg/m3]


@dataclass(frozen=True, eq=False)
class LiquidSide:
    """All circuits of a case with everything as it is switched, and what is on them."""

    loops: dict[str, LoopModel]
    model: CircuitsModel
    scenario: Scenario
    places: Places

    def solve(
        self, heat: dict[str, float], T_facility: dict[str, float], coil_heat: dict[str, float]
    ) -> CircuitsState:
        """Steady state; heat of racks and coils [W], and what the rejections leave at [K]."""
        return solve(self.model, self.scenario_of(heat, T_facility, coil_heat))

    def scenario_of(
        self, heat: dict[str, float], T_facility: dict[str, float], coil_heat: dict[str, float]
    ) -> Scenario:
        """The scenario of these heats and supply temperatures."""
        values = np.zeros(len(self.places.link))
        for (circuit, link), n in self.places.link.items():
            values[n] = (heat if circuit in self.loops else coil_heat).get(link, 0.0)
        T = np.asarray(self.scenario.T_rejected).copy()
        for name, n in self.places.rejection.items():
            T[n] = T_facility.get(name, T[n])
        return eqx.tree_at(
            lambda s: (s.heat, s.T_rejected), self.scenario, (jnp.asarray(values), jnp.asarray(T))
        )

    def states(self, state: CircuitsState) -> dict[str, tuple[LoopModel, LoopState]]:
        """Rack loops one by one."""
        here = jax.device_get(state)
        return {
            name: (loop, loop_state(loop, here, self.model, self.places))
            for name, loop in self.loops.items()
        }

    def taken(self, state: CircuitsState, facility: str) -> float:
        """Heat that a facility loop takes from exchangers and coils [W]."""
        n = self.places.circuit.get(facility)
        if n is None:
            return 0.0
        links = slice(*self.model.links[n])
        coils = np.asarray(state.heat_taken - state.pump_heat)[links].sum()
        cold = np.asarray(self.model.heat.exchangers.cold)
        here = (cold >= links.start) & (cold < links.stop)
        return float(coils + np.asarray(state.exchanged)[here].sum())


def liquid_side(case: Case) -> LiquidSide | None:
    """The circuits of a case; None where it has none."""
    specs = case.liquid.loops if case.liquid else ()
    models = {spec.name: _loop_model(case, spec) for spec in specs}
    found = [error for m in models.values() for error in loops.findings(m.loop)]
    if found:
        raise InputError(found)
    circuits = [loops.circuit(m.loop) for m in models.values()]
    exchangers: list[Exchanger] = []
    rejections: list[Rejection] = []
    for spec in facilities_of(case):
        circuit = facility_circuit(case, spec)
        if circuit is not None:
            circuits.append(circuit)
            rejections.append(Rejection(spec.name, (spec.name, "rejection"), spec.supply))
    by_name = {c.name: c for c in circuits}
    two_way = {f.name: f.differential_pressure is not None for f in facilities_of(case)}
    for m in models.values():
        water = by_name[m.spec.facility]
        exchangers += loops.exchangers(m.loop, water, two_way[m.spec.facility])
    if not circuits:
        return None
    model, scenario, places = build(circuits, exchangers, rejections)
    return LiquidSide(models, model, _as_switched(case, scenario, places, models), places)


def _loop_model(case: Case, spec: LoopSpec) -> LoopModel:
    on_it = [i for i in case.items if i.loop == spec.name]
    cdus = tuple(i for i in on_it if isinstance(i.entry, Cdu))
    racks = tuple(i for i in on_it if not isinstance(i.entry, Cdu))
    liquid = fluid(spec.fluid)
    density = float(liquid.density(jnp.asarray(spec.supply)))
    return LoopModel(spec, cdus, racks, loop_of(spec, liquid, cdus, racks), density)


def _as_switched(
    case: Case, scenario: Scenario, places: Places, models: dict[str, LoopModel]
) -> Scenario:
    """Standby pumps and what is off stand still; what is off has no water; coils take their own."""
    running: dict[tuple[str, str], float] = {}
    m_max: dict[tuple[str, str], float] = {}
    speed: dict[tuple[str, str], float] = {}
    for m in models.values():
        name, duty = m.spec.name, {i.name: entry_of(i, Cdu).pump.duty for i in m.cdus}
        for item, cdu in zip(m.cdus, m.loop.cdus, strict=True):
            for k, pump in enumerate(loops.pump_names(cdu)):
                running[name, pump] = float(item.on and k < duty[item.name])
            if m.spec.control.speed is not None:
                speed[name, loops.pump_group(m.loop, cdu)] = m.spec.control.speed
            if not item.on:
                m_max[m.spec.facility, item.name] = 0.0
    for spec in facilities_of(case):
        pumps = spec.pumps or PumpSet(count=1, duty=1)
        for k in range(pumps.count if spec.name in places.circuit else 0):
            running[spec.name, f"pump {k + 1}"] = float(k < pumps.duty)
        density = float(fluid(spec.fluid).density(jnp.asarray(spec.supply)))
        for item in case.items:
            if item.facility == spec.name and (spec.name, item.name) in places.link:
                rated = density * coil_rating(item).water_flow
                m_max[spec.name, item.name] = rated if item.on else 0.0
    return switched(scenario, places, running=running, m_max=m_max, speed=speed)
