from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from geometry.hall import Hall
from rehall.validation import Outcome, Row, read_reference, worst
from thermal.air.inputs import Layers
from thermal.air.room import lay
from thermal.air.solids import advance_layers
from thermal.air.state import at_rest
from thermal.air.storage import backward_differences

THICKNESS, CP, T_START, T_AIR = 0.1, 1000.0, 293.15, 393.15  # [m], [J/kg/K], [K], [K]
DEPTHS = (0.10, 0.08, 0.06, 0.04, 0.02, 0.00)  # [m] from the heated face
SOURCE = "eigenfunction series"


def room():
    """One cell of air whose six walls are the slab, adiabatic behind."""
    return lay(Hall((1.0, 1.0, 1.0)), 1.0, turbulence="laminar", T_ref=T_START)


def layers(number: int, conductivity: float, density: float) -> Layers:
    width = THICKNESS / number
    each = jnp.ones((6, number))
    return Layers(
        resistance=0.5 * width / conductivity * each, capacity=density * CP * width * each
    )


@partial(jax.jit, static_argnames="steps")
def march(T_layers, model, inputs, h, step, steps: int):
    """Temperatures of the layers above T_START after every step [K]."""
    start = eqx.tree_at(lambda w: w.T_layer, at_rest(model, T_START, 1), T_layers)
    T_air = jnp.full(len(model.shell.cell), T_AIR - T_START)
    film = jnp.full_like(T_air, h)

    def one(carry, _):
        before, earlier, step_before = carry
        storage = backward_differences(before, earlier, step, step_before, model)
        T = advance_layers(T_air, film, model, inputs, storage)
        return (eqx.tree_at(lambda w: w.T_layer, before, T), before, step), T[0]

    return jax.lax.scan(one, (start, start, jnp.zeros_like(step)), None, length=steps)[1]


def heated(number: int, conductivity: float, density: float, h: float, t_end: float, steps: int):
    """Temperature [degC] at DEPTHS after every step of t_end / steps [s]."""
    case = room()
    inputs = case.inputs(layers=layers(number, conductivity, density))
    zero = jnp.zeros((len(case.model.shell.cell), number))
    T = np.asarray(march(zero, case.model, inputs, h, jnp.asarray(t_end / steps), steps))
    half = 0.5 * THICKNESS / number
    to_air, to_middle = h, conductivity / half
    surface = (to_air * (T_AIR - T_START) + to_middle * T[:, 0]) / (to_air + to_middle)
    back = T[:, -1] + (T[:, -1] - T[:, -2]) / 8  # a parabola without slope at the face
    middles = half * (2 * np.arange(number) + 1)
    x = np.concatenate([[0.0], middles, [THICKNESS]])
    lines = np.column_stack([surface, T, back])
    return np.array([np.interp(DEPTHS, x, line) for line in lines]) + T_START - 273.15


def compared(table: dict, name: str, number: int, steps: int) -> Row:
    """Temperatures of one case at all times and depths, within 1 % of the step of 100 K."""
    at = np.flatnonzero(np.asarray(table["case"]) == name)
    k, rho, h = (float(table[column][at[0]]) for column in ("k", "rho", "h"))
    times = np.asarray(table["t_s"], float)[at]
    T = heated(number, k, rho, h, times[-1], steps)
    taken = T[np.round(times / times[-1] * steps).astype(int) - 1]
    exact = np.column_stack([np.asarray(table[f"T_depth_{d:.2f}"], float)[at] for d in DEPTHS])
    labels = [f"t {t:g} s, depth {d:g} m" for t in times for d in DEPTHS]
    title = f"temperature in the slab, {name}"
    return worst(title, taken, exact, 1.0, at=labels, unit="degC", source=SOURCE)


def order_in_time(number: int, steps: int) -> float:
    """From the middle of the slab of case a at 1000 s, with steps halved twice."""
    depth = DEPTHS.index(0.04)
    T = [heated(number, 0.1, 100.0, 100.0, 1000.0, n * steps)[-1, depth] for n in (1, 2, 4)]
    return float(np.log2((T[0] - T[1]) / (T[1] - T[2])))


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    number, steps = (20, 200) if reduced else (50, 2000)
    rows = [compared(table, name, number, steps) for name in ("a", "c")]
    formal = "formal order of the step"
    rows.append(Row("order in time", order_in_time(number, 50), 2.0, 0.1, source=formal))
    return Outcome(rows)
