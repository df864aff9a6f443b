import equinox as eqx
import jax.numpy as jnp
import numpy as np

from geometry.grid import Grid
from geometry.hall import Box, Device, Hall
from rehall.validation import Outcome, read_reference, worst
from thermal.air.gas import fluid
from thermal.air.inputs import Bodies
from thermal.air.march import Marching, Segment, begin, march
from thermal.air.room import lay

SOURCE = "closed form of two lumps"
LENGTH, DEPTH, HEIGHT = 11.0, 5.0, 10.0  # [m]
CP, FLOW, T_START = 1006.0, 100.0, 293.15  # [J/kg/K], [m3/s], [K]
MIXING = 500.0  # [m2/s] diffusivity that evens out the air within a tenth of a second


def room(C_air: float):
    """Air of a heat capacity [J/K], in few cells, around a low piece of equipment."""
    box = Box((5.0, 0.0, 0.0), (6.0, DEPTH, 1.0))
    hall = Hall(
        (LENGTH, DEPTH, HEIGHT), devices=(Device("racks", "rack", box, "-x", "+x", "mixed"),)
    )
    volume = LENGTH * DEPTH * HEIGHT - float(np.prod(box.size))
    lines = np.array([0.0, 5.0, 6.0, LENGTH]), np.array([0.0, DEPTH]), np.array([0.0, 1.0, HEIGHT])
    rho, mu = C_air / (volume * CP), 1e-3
    gas = fluid(rho, mu, CP, mu / (rho * MIXING), T_ref=T_START)
    return lay(hall, Grid(*lines), turbulence="laminar", T_ref=T_START, gas=gas)


def warming(power: float, C_air: float, C_body: float, hA: float, times, step: float):
    """Mean rise of the air and of the equipment [K] at times [s].

    A stream of capacity rate C takes C (1 - exp(-UA / C)) [W] per kelvin between the equipment and
    its intake: UA is such that this is hA.
    """
    case = room(C_air)
    rate = FLOW * float(case.model.gas.rho_ref) * CP
    UA = -rate * np.log1p(-hA / rate)
    bodies = Bodies(*(jnp.array([x]) for x in (C_body, UA, 0.0)))
    inputs = case.inputs(V_flow={"racks": FLOW}, heat={"racks": power}, bodies=bodies)
    start = case.start()
    if C_body:
        start = eqx.tree_at(lambda w: w.T_body, start, start.T_body.at[0].set(power / hA))
    fixed = Marching(
        longest=step, first=0.1 * step, courant=1e9, T_error=1e9, V_error=1e9, iterations=6
    )
    instant, rises, before = begin(start, 0.1 * step), [], 0.0
    for time in times:
        segment = Segment(jnp.array(before), jnp.array(time), inputs, inputs)
        *_, (instant, _) = march(instant, case.model, [segment], fixed)
        air = case.model.fluid * case.model.volume
        T_air = float(jnp.sum(instant.now.T * air) / jnp.sum(air))
        rises.append((T_air, float(instant.now.T_body[0, 0])))
        before = time
    return np.array(rises)


def run(reduced: bool) -> Outcome:
    table = {name: np.asarray(column) for name, column in read_reference(__file__).items()}
    sets = dict.fromkeys(zip(table["Cr_J_per_K"], table["hA_W_per_K"], strict=True))
    rows = []
    for C_body, hA in list(sets)[-1:] if reduced else sets:
        at = (table["Cr_J_per_K"] == C_body) & (table["hA_W_per_K"] == hA) & (table["t_s"] > 0)
        at &= table["t_s"] <= (120 if reduced else 600)
        times = table["t_s"][at].astype(float)
        power, C_air = (float(table[name][at][0]) for name in ("P_W", "Ca_J_per_K"))
        rises = warming(power, C_air, float(C_body), float(hA), times, 1.0)
        labels = [f"{C_body / 1e6:g} MJ/K, {hA / 1e3:g} kW/K, {t:g} s" for t in times]
        for column, name in enumerate(("dT_air", "dT_equipment")):
            if column and not C_body:
                continue
            exact = table[name][at].astype(float)
            limits = {"at": labels, "relative": True, "unit": "K", "source": SOURCE}
            rows.append(worst(name, rises[:, column], exact, 0.01, **limits))
    return Outcome(rows)
