import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, read_reference, worst
from thermal.liquid.laws import pipe_loss
from thermal.liquid.network import Pipes

DENSITY, VISCOSITY = 998.206, 1.0016e-3  # water of the reference [kg/m3], [Pa s]


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    alike = jnp.ones(len(table["pipe"]))
    sizes = (table["length_m"], table["diameter_m"], table["roughness_mm"] * 1e-3)
    pipes = Pipes(jnp.arange(alike.size), *(jnp.array(size) for size in sizes))
    flow = jnp.array(table["m_kg_s"] / DENSITY)
    drop = pipe_loss(flow, pipes, DENSITY * alike, VISCOSITY * alike)
    row = worst(
        "pressure drop",
        np.asarray(drop) / 1e5,
        table["p_in_bar"] - table["p_out_bar"],
        0.0025,
        at=list(table["pipe"]),
        relative=True,
        unit="bar",
        source="OpenModelica, as shipped with pandapipes",
    )
    return Outcome([row])
