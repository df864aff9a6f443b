"""What the events of a case ask of its circuits over time: pumps, valves, heat."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from rehall.config import Case
from rehall.events import after, in_order
from rehall.fans import air_flow
from rehall.layout import Item, has_rear_door
from rehall.liquid import LiquidSide
from rehall.operated import FacilityItem, Operated, operated
from rehall.operation import RHO_CP, ROOM, Exchange, coil_of
from rehall.rejecting import Rejecting, rejecting, rejects
from rehall.schema.entries import Cdu
from rehall.schema.transient import on_the_clock
from rehall.switching import as_switched
from thermal.liquid.circuits import Name, Scenario, switched
from thermal.liquid.transient import Moment

COASTING = 10.0
"""Times to half speed after which little flows through pumps that coast: a tenth [-]."""


class Asked:
    """What is asked of pumps, valves and heat over time."""

    def __init__(self, case: Case, side: LiquidSide, x: Exchange) -> None:
        self.case, self.side, self.x = case, side, x
        spec = case.transient
        assert spec is not None
        normal = operated(case)
        self.events = in_order(spec)
        self.operated: list[Operated] = [normal]
        for event in self.events:
            self.operated.append(after(event, self.operated[-1], normal))
        self.coasting = list(self._coasting())
        times = {0.0, spec.duration} | {t for e in self.events for t in (e.at, e.end)}
        times |= {until for _, until, _ in self.coasting}
        self.moments = sorted(t for t in times if t <= spec.duration)
        self.switched = [
            as_switched(now, case, side.scenario, side.places, side.loops) for now in self.operated
        ]
        self.conductance: dict[str, float] = {}
        heat = self.heat(normal)
        self.heat_start = {n: value + x.leakage.get(n, 0.0) for n, value in heat.items()}
        self.steady = side.solve(self.heat_start, x.T_facility, x.coil_heat, x.T_room)
        self.rejecting = {
            _fit(f): self._rejecting(f)
            for f in {f for now in self.operated for f in now.facilities}
            if f.name in side.places.rejection and rejects(case, f)
        }
        places = side.places.link
        model = side.model.heat
        self.ends = np.asarray(model.tail), np.asarray(model.head)
        self.circuit, self.T_ref = np.asarray(model.circuit), float(side.model.T_ref)
        self.coils = {
            (i.facility, i.name): places[i.facility, i.name]
            for i in case.items
            if i.facility is not None and (i.facility, i.name) in places
        }

    def switches(self, t: float) -> bool:
        """Whether something changes at a time."""
        return any(event.at == t for event in self.events)

    def heat(self, now: Operated) -> dict[str, float]:
        """Heat of racks to liquid without leakage [W]."""
        return {item.name: item.heat_to_liquid for item in now.items if item.loop is not None}

    def heats(self, t: float) -> dict[str, float]:
        """Heat of racks to liquid without leakage at a time [W]."""
        heat = self.heat(self.operated[0])
        for n, event in enumerate(self.events):
            part = (
                float(np.clip((t - event.at) / event.ramp, 0, 1)) if event.ramp else event.at <= t
            )
            if part:
                old, new = self.heat(self.operated[n]), self.heat(self.operated[n + 1])
                heat = {k: heat[k] + part * (new[k] - old[k]) for k in heat}
        return heat

    def at(self, t: float, now: Moment | None) -> Scenario:
        """The scenario at a time, a negative one before all events; coils by their water `now`.

        `now` is on the host.
        """
        done = [n + 1 for n, event in enumerate(self.events) if event.at <= t]
        last = done[-1] if done else 0
        heat = self.heats(t)
        coil = self.coil_heat(self.operated[last], now)
        scenario = self.side.scenario_of(heat, self.x.T_facility, coil, self.x.T_room)
        T = np.asarray(scenario.T_rejected).copy()
        for facility in self.operated[last].facilities:
            if facility.name not in self.side.places.rejection:
                continue
            n = self.side.places.rejection[facility.name]
            if _fit(facility) not in self.rejecting:
                T[n] = np.inf
            elif now is not None:
                T[n] = self._rejected(facility, now)
        return eqx.tree_at(
            lambda s: (s.hydraulic, s.T_rejected),
            scenario,
            (self._switched(last, t).hydraulic, jnp.asarray(T)),
        )

    def _coasting(self) -> Iterator[tuple[float, float, Name]]:
        """From when to when units that are switched off keep their water, while their pumps coast.

        The valve closes once little flows: before, what still flows would come back warm.
        """
        for event, pair in zip(self.events, pairwise(self.operated), strict=True):
            for was, now in zip(*(state.items for state in pair), strict=True):
                if isinstance(now.entry, Cdu) and was.on and not now.on:
                    facility = self.side.loops[now.loop or ""].spec.facility
                    until = on_the_clock(event.at + COASTING * now.entry.pump.coast_down)
                    yield event.at, until, (facility, now.name)

    def _switched(self, last: int, t: float) -> Scenario:
        """How everything is switched after the last event."""
        waits = {i.name for i in self.operated[last].items if i.water and not i.on}
        open_yet = {
            name: float("inf")
            for start, until, name in self.coasting
            if start <= t < until and name[1] in waits
        }
        scenario = self.switched[last]
        return switched(scenario, self.side.places, m_max=open_yet) if open_yet else scenario

    def coil_heat(self, now: Operated, moment: Moment | None) -> dict[str, float]:
        """Heat that coils take [W]: as in the steady state, as long as their water is cold.

        What a cooling unit leaves that is off or without water goes to the others on its water that
        have room, and so does the heat of a rack whose door has none.
        """
        found, room = dict[str, float](), dict[str, float]()
        lost = dict.fromkeys((facility for facility, _ in self.coils), 0.0)
        items = {item.name: item for item in now.items}
        for (facility, name), link in self.coils.items():
            item, heat = items[name], self.x.coil_heat.get(name, 0.0)
            if not (item.on and item.water):
                found[name], room[name] = 0.0, 0.0
                lost[facility] += 0.0 if has_rear_door(item) and not item.on else heat
                continue
            most = heat if moment is None else self._most(item, link, moment)
            found[name] = min(heat, most)
            room[name] = 0.0 if has_rear_door(item) else max(most - heat, 0.0)
        for facility, heat in lost.items():
            here = [name for of, name in self.coils if of == facility]
            together = sum(room[name] for name in here)
            for name in here if heat > 0.0 and together > 0.0 else ():
                found[name] += room[name] * min(heat / together, 1.0)
        return found

    def _rejecting(self, facility: FacilityItem) -> Rejecting:
        """A rejection beside what its pumps' motors give to the same water."""
        found = rejecting(self.case, facility)
        drawn, hydraulic = self.side.pump_power(self.steady, facility.name) or (0.0, 0.0)
        motors = drawn - hydraulic
        heat = np.maximum(found.heat - motors, 0.0)
        if _fit(facility) in map(_fit, self.operated[0].facilities):  # as in the steady state
            n = self.side.places.rejection[facility.name]
            heat[-1] = max(heat[-1], float(self.steady.rejected[n]))
        return replace(found, heat=heat)

    def _rejected(self, facility: FacilityItem, moment: Moment) -> float:
        """What leaves a rejection [K]."""
        C, T_in = self._entering(self.side.places.link[facility.name, "rejection"], moment)
        return self.rejecting[_fit(facility)].leaving(T_in, C)

    def _most(self, item: Item, link: int, moment: Moment) -> float:
        """Heat that a coil takes at most from its air with the water that it gets [W]."""
        if item.name not in self.conductance:
            self.conductance[item.name] = coil_of(self.case, item, self.x)[0]
        C, T_water = self._entering(link, moment)
        T_air = self.x.T_in.get(item.name, ROOM)
        if has_rear_door(item):
            T_air += item.heat_to_air / (RHO_CP * max(air_flow(item, T_air), 1e-6))
        return max(min(self.conductance[item.name], C) * (T_air - T_water), 0.0)

    def _entering(self, link: int, moment: Moment) -> tuple[float, float]:
        """Heat capacity flow through a link [W/K], and the temperature that enters it [K]."""
        flow = float(moment.m_flow[link])
        node = self.ends[int(flow < 0.0)][link]
        C = abs(flow) * float(moment.cp[self.circuit[link]])
        return C, self.T_ref + float(moment.heat.node[node])


def _fit(facility: FacilityItem) -> tuple[str, int, int]:
    """A rejection by its facility loop and by how many of its machines can run."""
    return facility.name, facility.machines, facility.coolers
