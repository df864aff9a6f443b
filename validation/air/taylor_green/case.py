import jax.numpy as jnp
import numpy as np

from geometry.grid import Grid
from geometry.hall import FACES, Hall
from rehall.validation import Outcome, Row, read_reference, worst
from thermal.air.gas import fluid
from thermal.air.march import Marching, Segment, begin, march
from thermal.air.room import lay
from thermal.air.state import AirState, to_work

SOURCE, FORMAL = "Taylor and Green (1937)", "formal order of the scheme"


def box(cells: int, nu: float, second: float = 0.0):
    """A quarter of the vortices between planes of symmetry, and their start.

    `second` adds a vortex pair of half the length, with which the flow is no longer steady.
    """
    line = np.linspace(0, np.pi, cells + 1)
    room = lay(
        Hall((np.pi, 1.0, np.pi), symmetry=FACES),
        Grid(line, np.array([0.0, 1.0]), line),
        turbulence="laminar",
        scheme="central",
        gas=fluid(1.0, nu),
    )
    x, z = line[:, None], line[None, :]
    psi = np.sin(x) * np.sin(z) + second * np.sin(2 * x) * np.sin(z)
    psi[[0, -1], :] = psi[:, [0, -1]] = 0.0
    h = np.pi / cells
    middle = 0.5 * (line[1:] + line[:-1])
    mean = 1.0 if second else np.sin(h / 2) / (h / 2)  # of a face, to its middle
    u, w = -np.diff(psi, axis=1) / h / mean, np.diff(psi, axis=0) / h / mean
    p = 0.25 * (np.cos(2 * middle)[:, None] + np.cos(2 * middle)[None, :])
    zero = jnp.zeros((cells, 1, cells))
    start = AirState(
        p=jnp.array(p)[:, None, :],
        T=zero + 300.0,
        u=jnp.array(u)[:, None, :],
        v=jnp.zeros((cells, 2, cells)),
        w=jnp.array(w)[:, None, :],
        k=zero,
        epsilon=zero,
    )
    return room, to_work(start, room.model)


def march_to(room, start, times, step: float, iterations: int = 8):
    """The states at times that steps of one length lead to."""
    given = room.inputs()
    fixed = Marching(
        longest=step, first=step, courant=1e9, T_error=1e9, V_error=1e9, iterations=iterations
    )
    instant, states = begin(start, step), []
    for before, after in zip([0.0, *times], times, strict=False):
        segment = Segment(jnp.array(before), jnp.array(after), given, given)
        *_, (instant, _) = march(instant, room.model, [segment], fixed)
        states.append(instant.now)
    return states


def energy(work) -> float:
    """Mean kinetic energy [m2/s2], u and w each over their own control volumes."""
    u, w = (np.asarray(work.velocity[axis])[:, 0] for axis in (0, 2))
    cells = len(u) - 1
    return float((u**2).sum() + (w**2).sum()) / (2 * cells**2)


def decays(table: dict, cells: int, step: float, reynolds_numbers) -> list[Row]:
    """Velocity and kinetic energy against the closed form."""
    rows = []
    for reynolds in reynolds_numbers:
        at = [(t, v, e) for r, t, v, e in zip(*table.values(), strict=True) if r == reynolds and t]
        times, factors, energies = zip(*at, strict=True)
        room, start = box(cells, 1.0 / reynolds)
        states = march_to(room, start, times, step)
        labels = [f"Re {reynolds:.0f}, t = {t:g}" for t in times]
        largest = [
            float(jnp.abs(s.velocity[0]).max() / jnp.abs(start.velocity[0]).max()) for s in states
        ]
        limits = {"at": labels, "relative": True, "source": SOURCE}
        rows += [
            worst("velocity factor", largest, factors, 0.002, **limits),
            worst("mean kinetic energy", [energy(s) for s in states], energies, 0.004, **limits),
        ]
    return rows


def order(errors) -> float:
    """Observed order between the two finest of grids or steps, each half as wide."""
    return float(np.log2(errors[-2] / errors[-1]))


def order_in_space(cells) -> float:
    """From the velocity at t = 0.5, nu = 0.1, with steps too short to matter."""
    errors = []
    for n in cells:
        room, start = box(n, 0.1)
        (now,) = march_to(room, start, [0.5], 0.01)
        exact = start.velocity[0] * np.exp(-2 * 0.1 * 0.5)
        errors.append(float(jnp.abs(now.velocity[0] - exact).max()))
    return order(errors)


def order_in_time(cells: int, counts) -> float:
    """From the velocity at t = 1, nu = 0.1, against the exact decay on the same grid."""
    room, start = box(cells, 0.1)
    h = np.pi / cells
    exact = start.velocity[0] * np.exp(-2 * 0.1 * (np.sin(h / 2) / (h / 2)) ** 2)
    errors = []
    for steps in counts:
        (now,) = march_to(room, start, [1.0], 1.0 / steps)
        errors.append(float(jnp.abs(now.velocity[0] - exact).max()))
    return order(errors)


def energy_kept(cells: int, step: float) -> float:
    """Kinetic energy at t = 1 over that at the start, of an unsteady flow without viscosity."""
    room, start = box(cells, 0.0, second=0.5)
    (now,) = march_to(room, start, [1.0], step)
    return energy(now) / energy(start)


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    cells = 32
    rows = decays(table, cells, 0.05, (10.0,) if reduced else (10.0, 100.0, 1000.0))
    rows.append(Row("order in time", order_in_time(cells, (10, 20)), 2.0, 0.1, source=FORMAL))
    if not reduced:
        rows.append(Row("order in space", order_in_space((16, 32)), 2.0, 0.1, source=FORMAL))
    kept = energy_kept(cells, 0.02)
    rows.append(
        Row("kinetic energy kept without viscosity", kept, 1.0, 1e-4, source="conservation")
    )
    return Outcome(rows)
