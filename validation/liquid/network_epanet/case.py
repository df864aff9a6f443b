import equinox as eqx
import numpy as np

from rehall.validation import Outcome, read_reference, worst
from thermal.liquid.hydraulics import solve_flows
from thermal.liquid.network import build
from thermal.liquid.parts import Link, Node, Pipe, PowerLaw, Pump

DENSITY, GRAVITY = 1000.0, 9.8146  # [kg/m3], [m/s2]
VISCOSITY = 1.022e-6 * DENSITY  # [Pa s]
WEIGHT = DENSITY * GRAVITY  # [Pa/m]
LITRE = 1e-3  # [m3]
SAME, OTHER = 1e-3, 1e-2  # limits with the same law of friction and with another [-]
solve = eqx.filter_jit(solve_flows)


def run(reduced: bool) -> Outcome:
    links, nodes = read_reference(__file__), read_reference(__file__, "nodes.csv")
    rows = []
    for name in dict.fromkeys(links["network"]):
        own = {key: column[links["network"] == name] for key, column in links.items()}
        at = {key: column[nodes["network"] == name] for key, column in nodes.items()}
        network = build(
            [_link(own, n, "Darcy" in name) for n in range(len(own["link"]))],
            [_node(at, n) for n in range(len(at["node"]))],
            density=DENSITY,
            viscosity=VISCOSITY,
        )
        flows = solve(*network)
        head, flow = np.asarray(flows.p) / WEIGHT, np.asarray(flows.m_flow) / DENSITY / LITRE
        limit = OTHER if "Darcy" in name else SAME
        for quantity, ours, reference, labels, scale, unit in (
            ("head", head, at["head_m"], at["node"], np.ptp(at["head_m"]), "m"),
            ("flow", flow, own["flow_L_s"], own["link"], abs(own["flow_L_s"]).max(), "L/s"),
        ):
            rows.append(
                worst(
                    f"{quantity}, {name}",
                    ours,
                    reference,
                    limit * float(scale),
                    at=[f"{quantity} {label:g}" for label in labels],
                    unit=unit,
                    source="EPANET 2.2",
                )
            )
    return Outcome(rows)


def _link(table, n: int, darcy: bool) -> Link:
    name, ends = f"{table['link'][n]:g}", (f"{table['from'][n]:g}", f"{table['to'][n]:g}")
    if table["type"][n] == "pump":
        shutoff, B, _ = map(float, table["pump_ABC"][n].split())  # the exponent is 2
        flows = np.linspace(0.0, 0.18, 4)
        heads = WEIGHT * (shutoff - B * flows**2)
        return Link(name, *ends, pump=Pump(tuple(flows.tolist()), tuple(heads.tolist())))
    length, diameter = float(table["length_m"][n]), float(table["diameter_m"][n])
    roughness = float(table["roughness"][n])
    if darcy:
        return Link(name, *ends, pipes=(Pipe(length, diameter, roughness * 1e-3),))
    usual = 0.25 * np.pi * diameter**2  # at 1 m/s [m3/s]
    head = 10.667 * length * (usual / roughness) ** 1.852 / diameter**4.871
    return Link(name, *ends, losses=(PowerLaw(WEIGHT * head, usual, 1.852),))


def _node(table, n: int) -> Node:
    fixed = float(table["head_fixed_m"][n])
    demand = float(np.nan_to_num(table["demand_L_s"][n])) * LITRE * DENSITY
    return Node(
        f"{table['node'][n]:g}",
        pressure=None if np.isnan(fixed) else fixed * WEIGHT,
        demand=0.0 if np.isfinite(fixed) else demand,
    )
