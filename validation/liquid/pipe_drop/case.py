import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, read_reference, worst
from thermal.liquid.components import Pipes, pipe_loss

DENSITY, VISCOSITY = 998.206, 1.0016e-3  # water of the reference [kg/m3], [Pa s]


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    node = jnp.zeros(len(table["pipe"]), int)
    sizes = (table["length_m"], table["diameter_m"], table["roughness_mm"] * 1e-3)
    pipes = Pipes(node, node, *(jnp.array(size) for size in sizes))
    flow = jnp.array(table["m_kg_s"] / DENSITY)
    drop = pipe_loss(flow, pipes, jnp.asarray(DENSITY), jnp.asarray(VISCOSITY))
    row = worst(
        "pressure drop",
        np.asarray(drop) / 1e5,
        table["p_in_bar"] - table["p_out_bar"],
        0.03,
        at=list(table["pipe"]),
        relative=True,
        unit="bar",
        source="OpenModelica, as shipped with pandapipes",
    )
    return Outcome([row])
