from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Row, read_reference
from thermal.liquid import cells
from thermal.liquid.circuits import Circuit, build
from thermal.liquid.parts import Link, Node, Pipe
from thermal.liquid.solve import heat_state
from thermal.properties import ZERO_CELSIUS, fluid

LENGTH, DIAMETER, WALL, INSULATION = 39.0, 0.05248, 0.00391, 0.013  # [m]
STEEL = 7850.0 * 490.0  # density times specific heat [J/(m3 K)]
CONDUCTIVITY, OUTSIDE, ROOM = 0.04, 5.0, 18.0  # insulation [W/(m K)], [W/(m2 K)], [degC]
CELL = 0.6  # the pitch of racks [m]
LIMIT = 0.5  # root mean square [K]

advance = jax.jit(cells.advance)


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    rows = []
    for test, source in ((150801.0, "1.245 kg/s"), (151202.0, "0.589 kg/s")):
        own = {key: column[table["test"] == test] for key, column in table.items()}
        apart = _outlet(own) - own["T_out_c"]
        rms = float(np.sqrt(np.mean(apart**2)))
        rows.append(
            Row("outlet temperature, RMS", rms, 0.0, LIMIT, unit="K", at=source, source="measured")
        )
    return Outcome(rows)


def _outlet(table) -> np.ndarray:
    """Temperature of what leaves the pipe [degC], driven by measured inlet and flow."""
    water = fluid("water")
    mean = jnp.asarray(ZERO_CELSIUS + float(np.mean(table["T_in_c"])))
    pipe = Pipe(LENGTH, DIAMETER)
    ends = Node("in", pressure=1e5), Node("out")
    circuit = Circuit("pipe", water, float(mean), (Link("pipe", "in", "out", pipes=(pipe,)),), ends)
    model, scenario, _ = build([circuit])
    outer = DIAMETER + 2 * WALL
    covered = np.log(1 + 2 * INSULATION / outer) / (2 * np.pi * CONDUCTIVITY)
    covered += 1 / (OUTSIDE * np.pi * (outer + 2 * INSULATION))
    mass = float(water.density(mean)) * 0.25 * np.pi * DIAMETER**2 * LENGTH
    arrays = cells.build(model.heat.m_scale, [mass], [round(LENGTH / CELL)])
    wall = STEEL * 0.25 * np.pi * (outer**2 - DIAMETER**2) * LENGTH
    flow, T_ref = _held(table["m_kg_s"]), float(model.T_ref)
    theta = table["T_in_c"] + ZERO_CELSIUS - T_ref
    T_out = [float(table["T_out_c"][0])]
    start = jnp.full(len(arrays.link), T_out[0] + ZERO_CELSIUS - T_ref)
    state = cells.CellsState(start, start, jnp.array([theta[0], float(start[0])]))
    for k in range(1, len(flow)):
        solids = cells.Solids(
            *(jnp.array([v]) for v in (wall, _film(flow[k], water, mean), 0.0, 0.0))
        )
        entering = 0.5 * (theta[k - 1] + theta[k])
        now = heat_state(
            jnp.array([flow[k]]),
            water.heat_capacity(mean)[None],
            jnp.zeros(0, bool),
            model,
            scenario,
            jnp.zeros(1),
        )
        now = _with(now, LENGTH / covered, ROOM + ZERO_CELSIUS - T_ref, entering)
        duration = jnp.asarray(table["t_s"][k] - table["t_s"][k - 1])
        state = advance(state, duration, solids, arrays, model.heat, now)
        T_out.append(float(state.node[1]) + T_ref - ZERO_CELSIUS)
    return np.array(T_out)


def _with(state, loss, theta_air, theta_enter):
    return replace(
        state,
        loss=jnp.array([loss]),
        theta_air=jnp.array([theta_air]),
        theta_enter=jnp.array([theta_enter, 0.0]),
    )


def _held(flow) -> np.ndarray:
    """Flows, the last one recorded where there is none."""
    last = np.maximum.accumulate(np.where(flow > 0, np.arange(len(flow)), 0))
    return flow[last]


def _film(m_flow: float, water, T) -> float:
    """Conductance between water and wall [W/K]: Nu = 0.023 Re^0.8 Pr^0.4, Dittus-Boelter."""
    mu, k, cp = (float(f(T)) for f in (water.viscosity, water.conductivity, water.heat_capacity))
    Re = 4 * m_flow / (np.pi * DIAMETER * mu)
    Nu = 0.023 * Re**0.8 * (cp * mu / k) ** 0.4
    return Nu * k / DIAMETER * np.pi * DIAMETER * LENGTH
