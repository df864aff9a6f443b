"""The liquid side of a case: all rack loops and facility loops as circuits that exchange heat."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from geometry.errors import InputError
from rehall.config import Case
from rehall.dew_guard import guarded
from rehall.facility import facilities_of
from rehall.loop_model import LoopModel
from rehall.loop_state import LoopState, loop_state
from rehall.operated import operated
from rehall.piping import facility_circuit, loop_of, pipe_losses
from rehall.schema.entries import Cdu
from rehall.schema.liquid import LoopSpec, PumpSet
from rehall.switching import as_switched
from thermal.liquid import loop as loops
from thermal.liquid.circuits import (
    CircuitsModel,
    Exchanger,
    Name,
    Places,
    Rejection,
    Scenario,
    build,
)
from thermal.liquid.pumping import Rated, pump_powers
from thermal.liquid.solve import CircuitsState, solve
from thermal.properties import fluid


@dataclass(frozen=True, eq=False)
class LiquidSide:
    """All circuits of a case with everything as it is switched, and what is on them."""

    loops: dict[str, LoopModel]
    model: CircuitsModel
    scenario: Scenario
    places: Places
    rated: Rated

    def solve(
        self,
        heat: dict[str, float],
        T_facility: dict[str, float],
        coil_heat: dict[str, float],
        T_room: float,
    ) -> CircuitsState:
        """Steady state; heat of racks and coils [W], temperatures behind rejections and of the room
        [K]."""
        return solve(self.model, self.scenario_of(heat, T_facility, coil_heat, T_room))

    def scenario_of(
        self,
        heat: dict[str, float],
        T_facility: dict[str, float],
        coil_heat: dict[str, float],
        T_room: float,
    ) -> Scenario:
        """The scenario of these heats and temperatures."""
        values = np.zeros(len(self.places.link))
        for (circuit, link), n in self.places.link.items():
            values[n] = (heat if circuit in self.loops else coil_heat).get(link, 0.0)
        T = np.asarray(self.scenario.T_rejected).copy()
        for name, n in self.places.rejection.items():
            T[n] = T_facility.get(name, T[n])
        return eqx.tree_at(
            lambda s: (s.heat, s.T_rejected, s.T_air),
            self.scenario,
            (jnp.asarray(values), jnp.asarray(T), jnp.full_like(self.scenario.T_air, T_room)),
        )

    def lost(self, state: CircuitsState, loop: str) -> float:
        """Heat that the pipes of a rack loop lose to the air [W]."""
        links = slice(*self.model.links[self.places.circuit[loop]])
        return float(np.asarray(state.heat_lost)[links].sum())

    def states(self, state: CircuitsState) -> dict[str, tuple[LoopModel, LoopState]]:
        """Rack loops one by one."""
        here, powers = jax.device_get(state), self.pump_powers(state)
        return {
            name: (loop, loop_state(loop, here, powers, self.model, self.places))
            for name, loop in self.loops.items()
        }

    def V_flow(self, state: CircuitsState) -> NDArray[np.float64]:
        """Flow of every link [m3/s]."""
        density = np.concatenate([np.asarray(s.density) for s in self.scenario.hydraulic])
        return np.asarray(np.asarray(state.m_flow) / density)

    def coil_flows(self, state: CircuitsState) -> dict[str, float]:
        """Water through everything on facility loops but CDUs [m3/s], by name."""
        V_flow = np.maximum(self.V_flow(state), 0.0)
        cold = set(np.asarray(self.model.heat.exchangers.cold).tolist())
        return {
            name[1]: float(V_flow[n])
            for name, n in self.places.link.items()
            if name[0] not in self.loops
            and name[1] not in ("rejection", "return")
            and name not in self.places.pump
            and n not in cold
        }

    def pump_powers(self, state: CircuitsState) -> NDArray[np.float64]:
        """Electrical power of the pumps of every link [W]."""
        return pump_powers(state, self.rated, self.model, self.scenario)

    def pump_power(self, state: CircuitsState, circuit: str) -> tuple[float, float] | None:
        """What a circuit's pumps draw and give to its liquid [W]; None of an unknown circuit."""
        n = self.places.circuit.get(circuit)
        if n is None:
            return None
        links = slice(*self.model.links[n])
        heat = float(np.asarray(state.pump_heat)[links].sum())
        return float(self.pump_powers(state)[links].sum()), heat

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
    """The circuits of a case; None where it has none. Raises `InputError` with file and line."""
    try:
        return _liquid_side(case)
    except InputError as error:
        raise InputError([case.located(finding) for finding in error.findings]) from None


def _liquid_side(case: Case) -> LiquidSide | None:
    specs = case.liquid.loops if case.liquid else ()
    models = {spec.name: _loop_model(case, guarded(case, spec)) for spec in specs}
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
    as_given = as_switched(operated(case), case, fouled(scenario, places, models), places, models)
    return LiquidSide(models, model, as_given, places, Rated.of(_rated(case, models), places))


def _rated(case: Case, models: dict[str, LoopModel]) -> dict[Name, tuple[float, float]]:
    """Rated flow [m3/s] and efficiency of every pump."""
    found = dict[Name, tuple[float, float]]()
    for name, m in models.items():
        for cdu in m.loop.cdus:
            point = cdu.V_flow_nominal / cdu.pumps.duty, cdu.efficiency
            found |= {(name, link): point for link in loops.pump_names(cdu)}
    for spec in facilities_of(case):
        pumps = spec.pumps or PumpSet(count=1, duty=1)
        point = spec.flow / pumps.duty, spec.pump_efficiency
        if facility_circuit(case, spec) is not None:
            found |= {(spec.name, f"pump {n + 1}"): point for n in range(pumps.count)}
    return found


def fouled(scenario: Scenario, places: Places, models: dict[str, LoopModel]) -> Scenario:
    """The scenario with the fouling of exchangers, and pipes that lose heat."""
    exchangers, loss = np.asarray(scenario.fouling).copy(), np.asarray(scenario.loss).copy()
    for name, m in models.items():
        for item in m.cdus:
            exchangers[places.exchanger[item.name]] = m.spec.fouling.exchangers
        for link, conductance in pipe_losses(m.spec, m.loop).items():
            loss[places.link[name, link]] = conductance
    return eqx.tree_at(
        lambda s: (s.fouling, s.loss),
        scenario,
        (jnp.asarray(exchangers), jnp.asarray(loss)),
    )


def _loop_model(case: Case, spec: LoopSpec) -> LoopModel:
    on_it = [i for i in case.items if i.loop == spec.name]
    cdus = tuple(i for i in on_it if isinstance(i.entry, Cdu))
    racks = tuple(i for i in on_it if not isinstance(i.entry, Cdu))
    liquid = fluid(spec.fluid)
    density = float(liquid.density(jnp.asarray(spec.supply)))
    return LoopModel(spec, cdus, racks, loop_of(spec, liquid, cdus, racks), density)
