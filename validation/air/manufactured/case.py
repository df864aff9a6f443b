import jax.numpy as jnp
import numpy as np

from geometry.grid import Grid
from geometry.hall import Box, Hall, Opening
from rehall.validation import Outcome, Row, read_reference
from rehall.validation.manufactured import (
    EPSILON_IN,
    K_IN,
    T_REF,
    WARMING,
    Manufactured,
    at,
    gas,
)
from thermal.air.build import Boundaries
from thermal.air.inputs import Distributed, Inflow
from thermal.air.room import Room, lay

STRETCH = 4.0  # largest cell over smallest
FIELDS = ("u", "w", "p", "T", "k", "epsilon")


def grid(cells: int, stretch: float, turn: float) -> Grid:
    """A square metre, one cell deep; the cells grow geometrically upwards and along the flow."""
    line = np.linspace(0.0, 1.0, cells + 1)
    if stretch > 1:
        line = (stretch**line - 1.0) / (stretch - 1.0)
    return Grid(line if turn > 0 else 1.0 - line[::-1], np.array([0.0, 1.0]), line)


def square(exact: Manufactured, laid: Grid, scheme: str) -> Room:
    """Planes of symmetry around air that enters evenly and leaves as in the exact flow."""
    start, end = (0.0, 1.0) if exact.turn > 0 else (1.0, 0.0)
    openings = (
        Opening("in", "supply", Box((start, 0.0, 0.0), (start, 1.0, 1.0))),
        Opening("out", "exhaust", Box((end, 0.0, 0.0), (end, 1.0, 1.0))),
    )
    leaving = exact.turn * np.diff(at(exact.stream, [end], laid.faces[2])[0]) / laid.widths[2]
    return lay(
        Hall((1.0, 1.0, 1.0), openings=openings, symmetry=("-y", "+y", "-z", "+z")),
        laid,
        buoyant_turbulence=True,
        scheme=scheme,
        gas=gas(),
        T_ref=T_REF,
        boundaries=Boundaries(profiles={"out": lambda centres: leaving}),
    )


def sources(exact: Manufactured, laid: Grid) -> Distributed:
    """The exact sources at the faces and centres of the grid."""
    x, z, n = laid.centres[0], laid.centres[2], laid.shape[0] + 1

    def shaped(f, x, z):
        values = at(f, x, z)
        return jnp.pad(values, [(0, n - m) for m in values.shape])[:, None].repeat(2, axis=1)

    forces = (shaped(exact.force_x, laid.faces[0], z), shaped(exact.force_z, x, laid.faces[2]))
    return Distributed(
        force=(forces[0], jnp.zeros_like(forces[0]), forces[1]),
        heat=shaped(exact.heat, x, z),
        k=shaped(exact.source_k, x, z),
        epsilon=shaped(exact.source_epsilon, x, z),
    )


def errors(cells: int, scheme: str, stretch: float, turn: float) -> np.ndarray:
    """Mean sizes of the errors of FIELDS."""
    exact, laid = Manufactured(turn), grid(cells, stretch, turn)
    room = square(exact, laid, scheme)
    both, none = jnp.ones(2), jnp.zeros(0)
    length = 0.09**0.75 * K_IN**1.5 / EPSILON_IN
    inputs = room.inputs(
        V_flow={"in": 1.0, "out": 1.0 + WARMING / T_REF},
        distributed=sources(exact, laid),
        inflow=Inflow(both * (K_IN / 1.5) ** 0.5, both * length, none, none),
    )
    state = room.settled(
        inputs, iterations=6000, change=1e-9, drift=1e-6, energy=1.0, average=False
    ).state
    x, z, size = laid.centres[0], laid.centres[2], np.outer(laid.widths[0], laid.widths[2])
    points = {"u": (laid.faces[0], z), "w": (x, laid.faces[2])}
    found = []
    for name in FIELDS:
        ours = np.asarray(getattr(state, name))[:, 0] - (T_REF if name == "T" else 0.0)
        wrong = ours - at(getattr(exact, name), *points.get(name, (x, z)))
        if name in points:
            wrong = wrong if name == "u" else wrong.T
            wrong = 0.5 * (wrong[1:] + wrong[:-1])
            wrong = wrong if name == "u" else wrong.T
        if name == "p":
            wrong = wrong - np.sum(wrong * size)  # of any level
        found.append(np.sum(np.abs(wrong) * size))
    return np.array(found)


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    rows = []
    for scheme, formal in zip(table["scheme"].tolist(), table["order"], strict=True):
        if reduced and scheme != "central":
            continue
        cells = 16 if reduced else 32 if scheme == "upwind" else 64
        for turn, flow in ((1.0, "along x"), (-1.0, "against x")):
            stretch = 1.0 if reduced else STRETCH
            coarse, fine = (errors(n, scheme, stretch, turn) for n in (cells, 2 * cells))
            for name, order in zip(FIELDS, np.log2(coarse / fine), strict=True):
                rows.append(
                    Row(
                        f"order of {name}",
                        float(order),
                        float(formal),
                        0.1,
                        at=f"{scheme}, {flow}, {cells} and {2 * cells} cells a side",
                        source="formal order",
                    )
                )
    return Outcome(rows)
