import jax
import jax.numpy as jnp
import numpy as np

from geometry.grid import Grid
from geometry.hall import FACES, Hall
from rehall.validation import Outcome, Row, read_reference
from thermal.air.gas import fluid
from thermal.air.inputs import Distributed
from thermal.air.model import GRAVITY
from thermal.air.room import lay

RHO, MU, CP, PRANDTL, EXPANSION, T_REF = 1.0, 0.05, 1000.0, 0.71, 0.02, 300.0


def stream(x, z):
    return jnp.sin(x) * jnp.sin(z) + 0.3 * jnp.sin(2 * x) * jnp.sin(z)


def pressure(x, z):
    return 0.2 * jnp.cos(x) * jnp.cos(2 * z)


def warmth(x, z):
    return jnp.cos(x) * jnp.cos(z) + 0.2 * jnp.cos(2 * x)


def exact(turn: float):
    """u, w and T above T_REF as functions of x and z; `turn` of -1 mirrors the flow."""
    return (
        lambda x, z: -turn * jax.grad(stream, 1)(x, z),
        lambda x, z: turn * jax.grad(stream, 0)(x, z),
        warmth,
    )


def sources(turn: float):
    """Forces along x and z [N/m3] and heat [W/m3] that make the exact fields a solution."""
    u, w, T = exact(turn)

    def carried(f, conductivity):
        def rate(x, z):
            fx, fz = jax.grad(f, 0), jax.grad(f, 1)
            spread = jax.grad(fx, 0)(x, z) + jax.grad(fz, 1)(x, z)
            return RHO * (u(x, z) * fx(x, z) + w(x, z) * fz(x, z)) - conductivity * spread

        return rate

    of_u, of_w, of_T = carried(u, MU), carried(w, MU), carried(T, MU / PRANDTL)
    return (
        lambda x, z: of_u(x, z) + jax.grad(pressure, 0)(x, z),
        lambda x, z: of_w(x, z) + jax.grad(pressure, 1)(x, z) - GRAVITY * RHO * EXPANSION * T(x, z),
        lambda x, z: CP * of_T(x, z),
    )


def at(f, x, z) -> jnp.ndarray:
    """Values [x, z] of a function of two numbers."""
    return jax.vmap(jax.vmap(f, (None, 0)), (0, None))(jnp.array(x), jnp.array(z))


def errors(cells: int, scheme: str, stretch: float, turn: float) -> np.ndarray:
    """Mean sizes of the errors of u, w and T between planes of symmetry."""
    even = np.linspace(0.0, 1.0, cells + 1)
    line = np.pi * (even - stretch * np.sin(2 * np.pi * even))
    room = lay(
        Hall((np.pi, 1.0, np.pi), symmetry=FACES),
        Grid(line, np.array([0.0, 1.0]), line),
        turbulence="laminar",
        scheme=scheme,
        gas=fluid(RHO, MU, CP, PRANDTL, EXPANSION, T_REF),
        T_ref=T_REF,
    )
    middle, width = 0.5 * (line[1:] + line[:-1]), np.diff(line)
    area = np.outer(width, width)
    force_x, force_z, heating = sources(turn)
    heat = at(heating, middle, middle)
    heat = heat - jnp.sum(heat * area) / area.sum()  # nothing takes a rest of the sum

    def shaped(values):
        n = cells + 1
        pads = [(0, n - m) for m in values.shape]
        return jnp.pad(jnp.pad(values, pads)[:, None, :], ((0, 0), (0, 1), (0, 0)))

    forces = shaped(at(force_x, line, middle)), shaped(at(force_z, middle, line))
    given = Distributed(force=(forces[0], jnp.zeros_like(forces[0]), forces[1]), heat=shaped(heat))
    solution = room.settled(
        room.inputs(distributed=given), iterations=6000, change=1e-7, energy=1.0, average=False
    )
    state = solution.state
    u, w, T = exact(turn)
    wrong_u = np.abs(np.asarray(state.u)[1:-1, 0] - at(u, line[1:-1], middle))
    wrong_w = np.abs(np.asarray(state.w)[:, 0, 1:-1] - at(w, middle, line[1:-1]))
    wrong_T = np.asarray(state.T)[:, 0] - T_REF - at(T, middle, middle)
    wrong_T = np.abs(wrong_T - np.sum(wrong_T * area) / area.sum())
    between = 0.5 * (width[1:] + width[:-1])
    return np.array(
        [
            np.sum(wrong_u * np.outer(between, width)),
            np.sum(wrong_w * np.outer(width, between)),
            np.sum(wrong_T * area),
        ]
    )


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    formal = dict(zip(table["scheme"], table["order"], strict=True))
    cases = [("central", 0.0, 1.0)]
    if not reduced:
        cases = [(s, stretch, 1.0) for s in formal for stretch in (0.0, 0.06)]
        cases.append(("central", 0.06, -1.0))
    rows = []
    for scheme, stretch, turn in cases:
        coarse, fine = (
            errors(n, scheme, stretch, turn) for n in ((16, 32) if reduced else (32, 64))
        )
        where = f"{scheme}, {'stretched' if stretch else 'even'}{', mirrored' if turn < 0 else ''}"
        for name, order in zip(("u", "w", "T"), np.log2(coarse / fine), strict=True):
            rows.append(
                Row(
                    f"order of {name}",
                    float(order),
                    float(formal[scheme]),
                    0.1,
                    at=where,
                    source="formal order",
                )
            )
    return Outcome(rows)
