from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Row, read_reference, worst
from thermal.liquid import cells
from thermal.liquid.circuits import Circuit, build
from thermal.liquid.parts import Link, Node, Pipe
from thermal.liquid.solve import heat_state
from thermal.liquid.temperatures import solve_temperatures
from thermal.properties import fluid

DENSITY, CP, T_IN, ZERO = 1011.807, 3974.57, 45.0, 273.15
LPM = 1.0 / 60_000.0  # [m3/s]
STEPS = 20
CONDUCTANCE = 1e5  # of the rack's metal to its coolant [W/K]
SOURCE = "closed form"

march = jax.jit(cells.advance)
steady = jax.jit(solve_temperatures)


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    rows = [
        row
        for name in dict.fromkeys(zip(table["set"], table["state"], strict=True))
        for row in racks(name, table)
    ]
    times = read_reference(__file__, "reference_time.csv")
    return Outcome(rows + [row for n in range(len(times["what"])) for row in warming(n, times)])


def circuit(ends) -> Circuit:
    """Links of pipe between nodes, the first node at a given pressure; their flows are given."""
    names = list(dict.fromkeys(name for two in ends for name in two))
    nodes = Node(names[0], pressure=0.0), *map(Node, names[1:])
    links = [Link(f"link {n}", *two, pipes=(Pipe(1.0, 0.05),)) for n, two in enumerate(ends)]
    return Circuit("loop", fluid("pg25"), T_IN + ZERO, tuple(links), nodes)


def state_of(ends, m_flow, heat):
    """Model, places and what temperatures depend on, at these flows [kg/s] and heats [W]."""
    model, scenario, places = build([circuit(ends)])
    scenario = replace(
        scenario,
        heat=jnp.asarray(heat, float),
        T_enter=jnp.full(len(places.node), T_IN + ZERO),
    )
    nothing = jnp.zeros(len(ends))
    flow, cp = jnp.asarray(m_flow, float), jnp.asarray([CP])
    return model, places, heat_state(flow, cp, jnp.zeros(0, bool), model, scenario, nothing)


def racks(name, table) -> list[Row]:
    here = (table["set"] == name[0]) & (table["state"] == name[1])
    count = table["count"][here].astype(int)

    def each(column: str) -> np.ndarray:
        return np.repeat(table[column][here], count)

    m_flow, heat = DENSITY * LPM * each("flow_lpm"), 1e3 * each("heat_kw")
    ends = [("supply", "back")] * len(m_flow)
    model, places, state = state_of(ends, m_flow, heat)
    found = steady(model.heat, state)
    T_out = np.asarray(found.leaving) + float(model.T_ref) - ZERO
    mixed = float(found.node[places.node["loop", "back"]] + model.T_ref) - ZERO
    where, at = ", ".join(name), [f"rack {n + 1}" for n in range(len(m_flow))]
    rise, mean = each("T_out_c") - T_IN, table["T_mixed_c"][here][0] - T_IN
    return [
        worst(f"rise, {where}", T_out - T_IN, rise, 1e-6 * mean, at=at, unit="K", source=SOURCE),
        Row(
            f"rise, mixed, {where}",
            mixed - T_IN,
            float(mean),
            1e-6,
            unit="K",
            relative=True,
            source=SOURCE,
        ),
    ]


def warming(n: int, table) -> list[Row]:
    """A loop round which liquid flows, or a rack in which it stands, in steps of time."""
    what, solid, limit = table["what"][n], 1e3 * table["solid_kj_k"][n], table["limit_k"][n]
    flows = "rejection" in what
    ends = [("a", "b"), ("b", "a")]
    m_flow = [74.5, 74.5] if flows else [0.0, 0.0]
    model, _, state = state_of(ends, m_flow, [1e3 * table["heat_kw"][n], 0.0])
    mass = table["volume_m3"][n] * DENSITY
    arrays = cells.build(model.heat.m_scale, [mass, mass], [1, 1])
    share = jnp.asarray([0.5, 0.5] if flows else [1.0, 1.0])
    arrays = replace(arrays, mass=share * mass)
    heat = jnp.zeros(2) if flows else state.heat
    solids = cells.Solids(
        jnp.asarray([solid, 0.0]),
        jnp.asarray([CONDUCTANCE if solid else 0.0, 0.0]),
        heat,
        jnp.zeros(2),
    )
    state = state if flows else replace(state, heat=jnp.zeros(2))
    start = jnp.full(2, T_IN + ZERO - float(model.T_ref))
    now = cells.CellsState(start, start, start)
    duration = float(table["time_s"][n])
    for _ in range(STEPS):
        now = march(now, jnp.asarray(duration / STEPS), solids, arrays, model.heat, state)
    weight = np.asarray(arrays.mass) * CP * ([1.0, 1.0] if flows else [1.0, 0.0])
    stored = float(np.sum(weight * (now.liquid - start)) + solid * (now.solid - start)[0])
    rise = stored / (float(np.sum(weight)) + solid)
    given = {"unit": "K/s", "relative": True, "source": SOURCE}
    return [
        Row(f"rate, {what}", rise / duration, float(table["rise_k_per_s"][n]), 1e-6, **given),
        Row(
            f"rise in {duration:.1f} s, {what}",
            rise,
            float(limit),
            1e-6,
            **given | {"unit": "K"},
        ),
    ]
