import jax
import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Profile, Row, read_reference, worst
from thermal.air.build import cell_metric
from thermal.air.transport import coefficients, residual, sweep

HELD = 2  # cells beyond each end that hold the exact value
SOURCE = "closed form"


def exact(x, peclet):
    return np.expm1(peclet * x) / np.expm1(peclet)


def solve(scheme: str, cells: int, peclet: float, rounds: int, bounded: bool = False):
    """Cell centres and u T' = T'' / Pe between held ends, on cells that are narrow near both ends.

    `bounded` holds the ends at 0 and 1 instead of at the exact values beyond them.
    """
    s = np.linspace(0, 1, cells + 1)
    inside = s - 0.7 * np.sin(2 * np.pi * s) / (2 * np.pi)
    h = np.diff(inside)
    edges = np.concatenate([-h[:HELD][::-1].cumsum()[::-1], inside, 1 + h[-HELD:].cumsum()])
    width, centres = np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
    metric = cell_metric((width, np.ones(1), np.ones(1)), np.float64)
    shape = (len(width) + 1, 2, 2)
    inner, free, start = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    inner[1 : len(width), 0, 0] = 1.0
    free[HELD : len(width) - HELD, 0, 0] = 1.0
    held = exact(centres, peclet)
    start[:-1, 0, 0] = np.clip(held, 0.0, 1.0) if bounded else held
    none = jnp.zeros(shape)
    flux = (jnp.array(inner * peclet), none, none)
    k = coefficients(flux, (jnp.array(inner) / metric.spacing[0], none, none))
    inverse = jnp.array(free) / jnp.where(k.total > 0, k.total, 1.0)

    def one(_, phi):
        r = residual(phi, k, flux, scheme, metric) * free
        return phi + 0.7 * sweep(r, k, inverse, 4 * cells)

    # Ends are exact, the inside starts from 0.5: the solver has to find the profile.
    guess = jnp.where(jnp.array(free) > 0, 0.5, jnp.array(start))
    phi = jax.jit(lambda p: jax.lax.fori_loop(0, rounds, one, p))(guess)
    return centres, np.asarray(phi)[:-1, 0, 0], width


def error(scheme: str, cells: int, peclet: float, rounds: int) -> float:
    """Mean size of the error of the cells."""
    x, T, width = solve(scheme, cells, peclet, rounds)
    inside = slice(HELD, -HELD)
    return float(np.sum(np.abs(T - exact(x, peclet))[inside] * width[inside]))


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    cells, rounds = 64 if reduced else 128, 400
    profiles, ours, points, at = [], [], [], []
    for peclet in dict.fromkeys(table["Pe"]):
        here = table["Pe"] == peclet
        x, T, _ = solve("limited", cells, peclet, rounds)
        line = (np.array([0, *x[HELD:-HELD], 1]), np.array([0, *T[HELD:-HELD], 1]))
        between = here & (table["x"] > 0) & (table["x"] < 1)  # the ends are given
        profile = Profile(
            f"Pe {peclet:g}", "x", "T", line, (table["x"][between], table["T"][between])
        )
        profiles.append(profile)
        place, mine, theirs = profile.compared()
        ours, points = [*ours, *mine], [*points, *theirs]
        at += [f"Pe {peclet:g}, x {p:g}" for p in place]
    rows = [worst("T, limited scheme", ours, points, 0.005, at=at, source=SOURCE)]
    formal = {"upwind": 1.0, "central": 2.0, "limited": 2.0}
    for scheme, order in formal.items():
        for peclet in (10.0, -10.0):
            ratio = error(scheme, cells, peclet, rounds) / error(scheme, 2 * cells, peclet, rounds)
            rows.append(
                Row(
                    f"order of the {scheme} scheme",
                    float(np.log2(ratio)),
                    order,
                    0.1,
                    at=f"Pe {peclet:g}",
                    source="formal order",
                )
            )
    for peclet in (400.0, -400.0):
        _, T, _ = solve("limited", 16, peclet, 200, bounded=True)
        beyond = float(max(T.max() - 1.0, -T.min()))
        rows.append(
            Row("overshoot of the limited scheme", beyond, 0.0, 1e-6, side="above",
                at=f"Pe {peclet:g}", source="bounds of the exact solution")
        )  # fmt: skip
    return Outcome(rows, profiles)
