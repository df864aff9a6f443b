from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, read_reference, worst
from thermal.liquid import cells
from thermal.liquid.circuits import Circuit, build
from thermal.liquid.parts import Link, Node, Pipe
from thermal.liquid.solve import heat_state, solve
from thermal.liquid.temperatures import solve_temperatures
from thermal.properties import fluid

BAR = 1e5  # [Pa]
AIR, AIR_EXACT = 293.15, 293.0  # [K]
SECTIONS = 5
SOURCE = "OpenModelica"
SETTLED = 1e5  # [s]; water stays in the longest pipe for an hour and a half

march = jax.jit(cells.advance)
steady = jax.jit(solve_temperatures)


def run(reduced: bool) -> Outcome:
    links, nodes = read_reference(__file__), read_reference(__file__, "junctions.csv")
    names = list(dict.fromkeys(links["network"]))
    rows = [_exact(read_reference(__file__, "pipe.csv"))]
    for name in names[:2] if reduced else names:
        own = {key: column[links["network"] == name] for key, column in links.items()}
        at = {key: column[nodes["network"] == name] for key, column in nodes.items()}
        flows, sections = _compared(own, at)
        pipes, label = [f"pipe {p:g}" for p in own["id"]], name.replace("_", " ")
        places = [f"{pipe} section {n + 1}" for pipe in pipes for n in range(SECTIONS)]
        rows += [
            worst(
                f"flow, {label}", *flows, 0.02, at=pipes, relative=True, unit="kg/s", source=SOURCE
            ),
            worst(f"sections, {label}", *sections, 0.1, at=places, unit="K", source=SOURCE),
        ]
    return Outcome(rows)


def _exact(table):
    """Steady outlets of single pipes, all as one network of pipes side by side."""
    count = range(len(table["length_m"]))
    ends = [(Node(f"in {n}", pressure=BAR), Node(f"out {n}")) for n in count]
    links = [Link(f"pipe {n}", f"in {n}", f"out {n}", pipes=(Pipe(1.0, 0.075),)) for n in count]
    water = fluid("water")
    circuit = Circuit("pipes", water, 330.0, tuple(links), tuple(n for two in ends for n in two))
    model, scenario, _ = build([circuit])
    T_in = np.array([[T, AIR_EXACT] for T in table["T_in_k"]]).ravel()
    scenario = replace(
        scenario,
        loss=jnp.asarray(np.pi * 0.075 * 5.0 * table["length_m"]),
        T_air=jnp.full(len(links), AIR_EXACT),
        T_enter=jnp.asarray(T_in),
    )
    flow, cp = jnp.asarray(table["m_kg_s"]), jnp.asarray([4182.0])
    none = jnp.zeros(0, bool)
    state = heat_state(flow, cp, none, model, scenario, jnp.zeros(len(links)))
    T_out = float(model.T_ref) + np.asarray(steady(model.heat, state).leaving)
    at = [f"{length:g} m at {m:g} kg/s" for length, m in zip(table["length_m"], flow, strict=True)]
    return worst(
        "outlet of a pipe", T_out, table["T_out_k"], 1e-6, at=at, unit="K", source="closed form"
    )


def _compared(links, nodes) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Flows of the pipes [kg/s] and temperatures of their sections [K], ours and the reference's.

    The temperatures are those of the reference's own flows.
    """
    pipes = [
        Link(f"pipe {i:g}", f"{a:g}", f"{b:g}", pipes=(Pipe(float(L), float(d), float(k) * 1e-3),))
        for i, a, b, L, d, k in zip(
            *(links[c] for c in ("id", "from", "to", "length_m", "diameter_m", "k_mm")), strict=True
        )
    ]
    held = nodes["p_fixed_bar"]
    points = [
        Node(f"{name:g}", pressure=None if np.isnan(p) else p * BAR, demand=0.0 if p > 0 else q)
        for name, p, q in zip(nodes["junction"], held, nodes["demand_kg_s"], strict=True)
    ]
    # One density and viscosity for all pipes, as everywhere in ours.
    water = replace(
        fluid("water"), density_terms=(998.206,), log_viscosity_terms=(float(np.log(1.0016e-3)),)
    )
    model, scenario, _ = build([Circuit("pipes", water, 330.0, tuple(pipes), tuple(points))])
    area = np.pi * links["diameter_m"] * links["length_m"]
    T_enter = np.where(np.isnan(nodes["T_fixed_k"]), AIR, nodes["T_fixed_k"])
    scenario = replace(
        scenario,
        loss=jnp.asarray(links["alpha_w_m2k"] * area),
        T_air=jnp.full(len(pipes), AIR),
        T_enter=jnp.asarray(T_enter),
    )
    flows, nothing = solve(model, scenario), jnp.zeros(len(pipes))
    T_sections = np.stack([links[f"T{n + 1}_k"] for n in range(SECTIONS)], axis=1)
    density = np.asarray(fluid("water").density(jnp.asarray(T_sections.mean(axis=1))))
    m_reference = density * links["v_m_s"] * 0.25 * np.pi * links["diameter_m"] ** 2
    state = heat_state(
        jnp.asarray(m_reference), flows.cp, jnp.zeros(0, bool), model, scenario, nothing
    )
    masses = 998.206 * 0.25 * links["diameter_m"] * area
    arrays = cells.build(model.heat.m_scale, masses, [SECTIONS] * len(pipes))
    cold = jnp.full(SECTIONS * len(pipes), AIR - float(model.T_ref))
    start = cells.CellsState(cold, cold, flows.T - model.T_ref)
    solids = cells.Solids(nothing, nothing, nothing, nothing)
    end = march(start, jnp.asarray(SETTLED), solids, arrays, model.heat, state)
    ours = np.asarray(end.liquid) + float(model.T_ref)
    return (np.asarray(flows.m_flow), m_reference), (ours, T_sections.ravel())
