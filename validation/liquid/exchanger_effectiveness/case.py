import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Row, read_reference, worst
from thermal.exchanger import effectiveness

COLUMNS = {
    "counterflow": "counterflow",
    "parallel": "parallel",
    "crossflow": "crossflow_unmixed",
}
SOURCE = "closed forms and the exact double series, six digits"
STORED = 0.8444821799748551  # NTU 5, C_r 0.7, crossflow unmixed: tests of CalebBell/ht


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    at = [f"NTU {n:g}, C_r {c:g}" for n, c in zip(table["NTU"], table["Cr"], strict=True)]
    rows = [
        worst(
            f"effectiveness, {arrangement}",
            np.asarray(effectiveness(arrangement, jnp.array(table["NTU"]), jnp.array(table["Cr"]))),
            table[column],
            1e-6,
            at=at,
            source=SOURCE,
        )
        for arrangement, column in COLUMNS.items()
    ]
    ten_digits = float(effectiveness("crossflow", 5.0, 0.7))
    rows.append(
        Row(
            "effectiveness, crossflow to ten digits",
            ten_digits,
            STORED,
            1e-10,
            at="NTU 5, C_r 0.7",
            source="CalebBell/ht, tests",
        )
    )
    return Outcome(rows)
