import math

import jax.numpy as jnp
import numpy as np

from geometry.hall import Box, Device, Hall, Opening
from rehall.validation import Outcome, Row, read_reference
from thermal.air.room import lay
from thermal.exchanger import conductance_to_inlets
from thermal.properties import air_density

T_REF = 293.15  # [K]

SIDE, LENGTH = 0.8, 3.2  # [m]
C_AIR, C_LIQUID = 1164.0, 10.0 * 4000.0  # capacity rates of the reference [W/K]
SPAN = 80.0  # between the two inlets of the reference [K]
SOURCE = "FDS verification, HVAC_aircoil (analytical)"


def coil() -> float:
    """Heat per kelvin between the inlets [W/K]: half of what an endless parallel coil carries."""
    UA = C_AIR * math.log(2.0) / (1.0 + C_AIR / C_LIQUID)
    return float(conductance_to_inlets(C_LIQUID, C_AIR, UA, "parallel"))


def run(reduced: bool) -> Outcome:
    table = dict(zip(*(read_reference(__file__)[k] for k in ("quantity", "value")), strict=True))
    hall = Hall(
        (LENGTH, SIDE, SIDE),
        devices=(
            Device(
                "coil", "cooling_unit", Box((1.2, 0.0, 0.0), (1.8, SIDE, SIDE)), "-x", "+x", "mixed"
            ),
        ),
        openings=(
            Opening("supply", "supply", Box((0.0, 0.0, 0.0), (0.0, SIDE, SIDE))),
            Opening("out", "outdoor", Box((LENGTH, 0.0, 0.0), (LENGTH, SIDE, SIDE)), 3.0),
        ),
    )
    laid = lay(hall, 0.2, T_ref=T_REF, turbulence="zero_equation")
    flow = C_AIR / float(laid.model.cp) / float(air_density(jnp.asarray(T_REF)))
    inputs = laid.inputs(
        V_flow={"supply": flow, "coil": flow},
        T_set={"supply": T_REF, "coil": T_REF - SPAN},
    )
    place = laid.streams.of("coil")
    inputs = laid.inputs(
        V_flow={"supply": flow, "coil": flow},
        T_set={"supply": T_REF, "coil": T_REF - SPAN},
        conductance=inputs.conductance.at[place].set(coil()),
        T_coolant=inputs.T_coolant.at[place].set(T_REF - SPAN),
    )
    solution = laid.settled(inputs, energy=1e-3, drift=0.02)
    u, T = np.asarray(solution.state.u)[-1], np.asarray(solution.state.T)[-1]
    leaving = float(u.sum() / (u / T).sum())
    shared = {"relative": True, "source": SOURCE}
    cooled = float(table["T_air_out"]) - 20.0
    related = coil() * SPAN / 1e3
    return Outcome(
        [
            Row("heat of the relation alone", related, float(table["Q"]), 1e-4, "kW", **shared),
            Row("heat", -solution.heat["streams"] / 1e3, float(table["Q"]), 0.01, "kW", **shared),
            Row("change of the air", T_REF - float(solution.T_out[place][0]), cooled, 0.01, "K",
                at="at the coil", **shared),
            Row("change of the air", T_REF - leaving, cooled, 0.01, "K",
                at="at the end of the duct", **shared),
        ]
    )  # fmt: skip
