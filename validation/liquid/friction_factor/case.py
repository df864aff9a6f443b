import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Profile, read_reference, worst
from thermal.liquid.laws import friction_factor

COLEBROOK = "exact Colebrook-White"


def ours_at(Re: np.ndarray, rough: np.ndarray) -> np.ndarray:
    return np.asarray(friction_factor(jnp.array(Re), jnp.array(rough)))


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    Re, rough = table["Re"], np.nan_to_num(table["e_over_D"])
    ours = ours_at(Re, rough)
    labels = np.array([f"Re {a:g}, e/D {b:g}" for a, b in zip(Re, rough, strict=True)])

    def row(quantity, where, column, limit, source):
        return worst(
            quantity,
            ours[where],
            table[column][where],
            limit,
            at=list(labels[where]),
            relative=True,
            source=source,
        )

    rows = [
        row("f, laminar", Re <= 1000, "f_exact", 1e-6, "Hagen-Poiseuille, 64/Re"),
        row("f, end of laminar flow", Re == 2000, "f_exact", 0.03, "Hagen-Poiseuille, 64/Re"),
        row("f, turbulent", Re >= 1e4, "f_exact", 1e-4, COLEBROOK),
        row("f, end of transition", Re == 4000, "f_exact", 0.03, COLEBROOK),
    ]
    line = np.geomspace(4e3, 1e7, 200)
    profiles = [
        Profile(
            f"e/D {e:g}",
            "log10 Re",
            "Darcy friction factor",
            (np.log10(line), ours_at(line, np.full_like(line, e))),
            (np.log10(Re[here]), table["f_exact"][here]),
        )
        for e in (0.0, 1e-3, 1e-2)
        for here in [(rough == e) & (Re >= 4000)]
    ]
    return Outcome(rows, profiles)
