import equinox as eqx
import numpy as np

from rehall.validation import Outcome, read_reference, worst
from thermal.liquid.equations import GRAVITY
from thermal.liquid.hydraulics import solve_flows
from thermal.liquid.network import build
from thermal.liquid.parts import Link, Node, Pipe

BAR = 1e5  # [Pa]
WATER = {  # density [kg/m3], viscosity [Pa s]
    "openmodelica": (998.206, 1.0016e-3),
    "stanet": (1000.0, 1.793e-3),
}
NAMES = {"openmodelica": "OpenModelica", "stanet": "STANET"}

solve = eqx.filter_jit(solve_flows)


def run(reduced: bool) -> Outcome:
    links, nodes = read_reference(__file__), read_reference(__file__, "junctions.csv")
    names = list(dict.fromkeys(links["network"]))
    rows = []
    for name in names[-3:] if reduced else names:
        own = {key: column[links["network"] == name] for key, column in links.items()}
        at = {key: column[nodes["network"] == name] for key, column in nodes.items()}
        program, network = name.split()
        density, viscosity = WATER[program]
        flows = solve(
            *build(
                [_link(own, n) for n in range(len(own["id"]))],
                [_node(at, n) for n in range(len(at["junction"]))],
                density=density,
                viscosity=viscosity,
            )
        )
        weight = density * GRAVITY * np.ptp(at["height_m"]) / BAR
        static = density * GRAVITY * at["height_m"] / BAR
        loss = np.ptp(at["p_ref_bar"] + static)
        rows.append(
            worst(
                f"pressure, {network.replace('_', ' ')}",
                np.asarray(flows.p) / BAR,
                at["p_ref_bar"],
                float(0.0025 * loss + 0.001 * weight),
                at=[f"junction {label:g}" for label in at["junction"]],
                unit="bar",
                source=NAMES[program],
            )
        )
    return Outcome(rows)


def _link(table, n: int) -> Link:
    tail, head = f"{table['from'][n]:g}", f"{table['to'][n]:g}"
    sizes = table["length_m"][n], table["diameter_m"][n], table["k_mm"][n] * 1e-3
    return Link(f"pipe {table['id'][n]:g}", tail, head, pipes=(Pipe(*map(float, sizes)),))


def _node(table, n: int) -> Node:
    held = float(table["p_fixed_bar"][n])
    return Node(
        f"{table['junction'][n]:g}",
        height=float(table["height_m"][n]),
        pressure=None if np.isnan(held) else held * BAR,
        demand=float(table["demand_kg_s"][n]) if np.isnan(held) else 0.0,
    )
