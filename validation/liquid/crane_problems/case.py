import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Row, read_reference
from thermal.fans import power_at_speed, shaft_power
from thermal.liquid.equations import GRAVITY
from thermal.liquid.hydraulics import solve_flows
from thermal.liquid.laws import friction_factor
from thermal.liquid.network import build
from thermal.liquid.parts import Coupling, Link, Node, Pipe, Pump
from thermal.properties import fluid

FOOT, INCH, GALLON = 0.3048, 0.0254, 3.785411784e-3  # [m], [m], US [m3]
BORE_2, BORE_5 = 52.48e-3, 128.2e-3  # of 2 in and 5 in, schedule 40 [m]
POUND, PSI, HORSEPOWER = 0.45359237, 6894.757293, 745.6998716  # [kg], [Pa], [W]
CUBIC_FOOT, MINUTE, HOUR = FOOT**3, 60.0, 3600.0  # [m3], [s], [s]
WATER = 62.364 * POUND / CUBIC_FOOT  # density at 60 degF [kg/m3]
DRAWN_TUBING = 1.52e-6  # roughness [m]

HANDBOOK = 0.02  # limit of a relative difference from the handbook
LIMITS = {  # the same from the answer computed again, where it is no closed form
    "7.1 Reynolds number": 1e-3,
    "7.1 friction factor of drawn tubing": 3e-4,
    "7.9 friction factor": 1e-5,
    "7.9 loss coefficient": 1e-5,
    "7.9 pressure drop": 1e-5,
    "7.25 flow past an entrance of K 0.57": 1e-4,
}
CLOSED_FORM = 1e-6

solve = eqx.filter_jit(solve_flows)


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    ours = {7.1: plastic(), 7.9: oil(), 7.25: duct(), 7.33: slower(), 7.34: pumping()}
    rows = []
    columns = (table[name] for name in ("problem", "quantity", "unit", "handbook", "recomputed"))
    for problem, quantity, unit, handbook, again in zip(*columns, strict=True):
        name = f"{problem:g} {quantity}"
        answers = (
            (handbook, HANDBOOK, "Crane TP-410, handbook"),
            (again, LIMITS.get(name, CLOSED_FORM), "CalebBell/fluids, computed again"),
        )
        rows += [
            Row(
                name,
                float(ours[float(problem)][quantity]),
                float(answer),
                limit,
                unit=unit,
                relative=True,
                at=source.split(", ")[1],
                source=source,
            )
            for answer, limit, source in answers
            if not np.isnan(answer)
        ]
    return Outcome(rows)


def plastic():
    """7.1: a pipe that is smooth, or as rough as drawn tubing."""
    T, water = jnp.asarray(303.15), fluid("water")
    velocity = 0.2 / MINUTE / area(BORE_2)
    Re = velocity * BORE_2 * water.density(T) / water.viscosity(T)
    smooth, drawn = (
        friction_factor(Re, jnp.asarray(roughness / BORE_2)) for roughness in (0.0, DRAWN_TUBING)
    )
    return {
        "Reynolds number": Re,
        "smooth friction factor": smooth,
        "friction factor of drawn tubing": drawn,
    }


def oil():
    """7.9: laminar flow up a pipe with fittings."""
    rise, length = 50.0 * FOOT, 300.0 * FOOT
    density, viscosity = 0.87 * WATER, 0.130
    m_flow = 400.0 * GALLON / MINUTE * density
    pipe = Pipe(length, BORE_5, 0.0018 * INCH, zeta=(8.0 + 150.0 + 20.0) * 0.0154394)
    network, state = build(
        [Link("pipe", "pump", "top", pipes=(pipe,))],
        [Node("pump", demand=-m_flow), Node("top", height=rise, pressure=0.0)],
        density=density,
        viscosity=viscosity,
    )
    flows = solve(network, state)
    velocity = flows.m_flow[0] / density / area(BORE_5)
    Re = density * velocity * BORE_5 / viscosity
    lifted = density * GRAVITY * rise
    return {
        "velocity": velocity / FOOT,
        "Reynolds number": Re,
        "friction factor": friction_factor(Re, jnp.asarray(pipe.roughness / BORE_5)),
        "loss coefficient": (flows.p[0] - lifted) / (0.5 * density * velocity**2),
        "pressure drop": flows.p[0] / PSI,
    }


def duct():
    """7.25: a duct under a reservoir, as a pipe of its hydraulic diameter."""
    return {f"flow past an entrance of K {K:g}": duct_flow(K) for K in (0.5, 0.57)}


def duct_flow(entrance: float):
    """Flow of the duct [ft3/s]."""
    high, wide = 25.0 * FOOT, 16.5 * FOOT
    diameter = 2.0 * high * wide / (high + wide)
    pipe = Pipe(1000.0 * FOOT, diameter, 0.01 * FOOT, zeta=entrance + 1.0)
    network, state = build(
        [Link("duct", "reservoir", "outlet", pipes=(pipe,))],
        [Node("reservoir", height=200.0 * FOOT, pressure=0.0), Node("outlet", pressure=0.0)],
        density=WATER,
        viscosity=1.1e-3,
    )
    velocity = solve(network, state).m_flow[0] / WATER / area(diameter)
    return velocity * high * wide / CUBIC_FOOT


def slower():
    """7.33: a pump at less than its full speed on the same piping."""
    V_flow, rise = 400.0 * GALLON / MINUTE, 126.0 * FOOT * WATER * GRAVITY
    speed = 1700.0 / 3500.0
    Kv = V_flow * HOUR * math.sqrt(WATER / 1000.0 * 1e5 / rise)
    network, state = build(
        [
            Link("pump", "suction", "discharge", pump=Pump((V_flow,), (rise,))),
            Link("piping", "discharge", "suction", couplings=(Coupling(Kv),)),
        ],
        [Node("suction", pressure=0.0), Node("discharge")],
        density=WATER,
        viscosity=1.1e-3,
    )
    flows = solve(network, eqx.tree_at(lambda s: s.speed, state, jnp.array([speed])))
    return {
        "flow": flows.m_flow[0] / WATER / GALLON * MINUTE,
        "head": flows.p[1] / (WATER * GRAVITY * FOOT),
        "power": power_at_speed(17.5, speed),
    }


def pumping():
    """7.34: power and cost of pumping."""
    V_flow, rise = 700.0 * GALLON / MINUTE, 428.0 * FOOT * WATER * GRAVITY
    electric = shaft_power(V_flow, rise, 0.707 * 0.95 * 0.96)
    return {
        "shaft power": shaft_power(V_flow, rise, 0.707) / HORSEPOWER,
        "electric power": electric / HORSEPOWER,
        "cost": electric / 1e3 * 8000.0 * 0.12,
    }


def area(diameter: float) -> float:
    return 0.25 * math.pi * diameter**2
