"""How much liquid the circuits of a case hold, and what their pumps and plates do in time."""

import jax.numpy as jnp
import numpy as np

from rehall.chips import chip_share, plates
from rehall.coils import entry_of
from rehall.config import Case
from rehall.facility import facilities_of
from rehall.layout import Item
from rehall.liquid import LiquidSide
from rehall.loop_model import LoopModel
from rehall.schema.entries import Cdu
from rehall.schema.liquid import PumpSet
from thermal.liquid import cells
from thermal.liquid import loop as loops
from thermal.liquid.circuits import Name
from thermal.liquid.parts import Link
from thermal.liquid.plates import plates_of
from thermal.liquid.transient import Inventory, Pace

RACK_CELLS = 4
"""Cells of coolant along a rack."""


def inventory_of(side: LiquidSide, case: Case) -> tuple[Inventory, list[str]]:
    """Liquid and plates of all circuits; and what is taken to hold none, in words.

    What is not known holds nothing: the liquid then warms up sooner than it does.
    """
    volumes, unknown = dict[Name, float](), []
    for m in side.loops.values():
        volumes |= loop_volumes(m)
        unknown += _unknown(m)
    for spec in facilities_of(case):
        if spec.name in side.places.circuit:
            for half in ("rejection", "return"):
                volumes[spec.name, half] = 0.5 * (spec.volume or 0.0)
            if spec.volume is None:
                unknown.append(f"no volume of water given for {spec.name}: taken as none")
    density = np.concatenate([np.asarray(s.density) for s in side.scenario.hydraulic])
    masses, counts = np.zeros(len(density)), np.ones(len(density), int)
    for name, volume in volumes.items():
        masses[side.places.link[name]] = volume * density[side.places.link[name]]
    racks = [(m, item) for m in side.loops.values() for item in m.racks]
    counts[[side.places.link[m.spec.name, item.name] for m, item in racks]] = RACK_CELLS
    plated = [(m, item, own) for m, item in racks if (own := plates(item)) is not None]
    return Inventory(
        cells=cells.build(side.model.heat.m_scale, masses, counts.tolist()),
        plates=plates_of(
            [side.places.link[m.spec.name, item.name] for m, item, _ in plated],
            [own.count for *_, own in plated],
            [own.flow_share for *_, own in plated],
            [own.resistance for *_, own in plated],
        ),
        C=jnp.asarray([own.thermal_mass for *_, own in plated], float),
        rise=jnp.asarray([chip_share(item) for _, item, _ in plated], float),
        leakage=jnp.asarray([own.leakage or 0.0 for *_, own in plated], float),
        T_leakage=jnp.asarray([own.leakage_at or 0.0 for *_, own in plated], float),
    ), unknown


def loop_volumes(m: LoopModel) -> dict[Name, float]:
    """Volume of every link of a loop [m3]: pipes, hoses, racks, units with the buffer's part."""
    name = m.spec.name
    found = {(name, link.name): _in_pipes(link) for link in loops.circuit(m.loop).links}
    for item in m.racks:
        coolant = item.entry.coolant  # type: ignore[attr-defined]
        found[name, item.name] += coolant.volume or 0.0
    for item in m.cdus:
        own = entry_of(item, Cdu).volume or 0.0
        found[name, item.name] += own + (m.spec.buffer or 0.0) / len(m.cdus)
    return found


def _in_pipes(link: Link) -> float:
    return float(sum(0.25 * np.pi * pipe.diameter**2 * pipe.length for pipe in link.pipes))


def _unknown(m: LoopModel) -> list[str]:
    """What of a loop has no known volume, each entry once."""
    racks = {i.entry.name for i in m.racks if i.entry.coolant.volume is None}  # type: ignore[attr-defined]
    units = {i.entry.name for i in m.cdus if entry_of(i, Cdu).volume is None}
    return [f"no coolant volume known of {name}: taken as none" for name in sorted(racks | units)]


def pace_of(side: LiquidSide, case: Case) -> Pace:
    """How fast pumps stop and start and valves move; speeds of pumps that run follow at once."""
    places, states = side.places, side.scenario.hydraulic
    coast, start = ([np.zeros(len(s.running)) for s in states] for _ in range(2))
    for m in side.loops.values():
        for item, cdu in zip(m.cdus, m.loop.cdus, strict=True):
            pump = entry_of(item, Cdu).pump
            for link in loops.pump_names(cdu):
                network, n = places.pump[m.spec.name, link]
                coast[network][n], start[network][n] = pump.coast_down, pump.start_up
    for spec in facilities_of(case):
        pumps = spec.pumps or PumpSet(count=1, duty=1)
        for k in range(pumps.count if spec.name in places.circuit else 0):
            network, n = places.pump[spec.name, f"pump {k + 1}"]
            coast[network][n], start[network][n] = pumps.coast_down, pumps.start_up
    rise = [np.zeros(len(s.speed)) for s in states]
    for m in side.loops.values():
        for item, cdu in zip(m.cdus, m.loop.cdus, strict=True):
            network, n = places.group[m.spec.name, loops.pump_group(m.loop, cdu)]
            rise[network][n] = max(rise[network][n], entry_of(item, Cdu).pump.start_up)
    return Pace(
        tuple(map(jnp.asarray, coast)),
        tuple(map(jnp.asarray, start)),
        tuple(map(jnp.asarray, rise)),
        _strokes(side),
    )


def _strokes(side: LiquidSide) -> tuple[jnp.ndarray, ...]:
    """How long the valves of racks and pipes take from shut to open [s]."""
    found = [np.zeros(len(s.position)) for s in side.scenario.hydraulic]
    for m in side.loops.values():
        branch, pipes = m.spec.branch, m.spec.manifold.pipes if m.spec.manifold else ()
        strokes = {item.name: branch.valve_stroke for item in m.racks}
        strokes |= {pipe.name: pipe.valve_stroke for pipe in pipes}
        for name, stroke in strokes.items():
            if (m.spec.name, name) in side.places.valve:
                network, n = side.places.valve[m.spec.name, name]
                found[network][n] = stroke
    return tuple(map(jnp.asarray, found))


def racks_in_order(side: LiquidSide) -> list[tuple[LoopModel, Item]]:
    """Every rack with its loop, loop by loop."""
    return [(m, item) for m in side.loops.values() for item in m.racks]
