import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Row, read_reference, worst
from thermal.exchanger import effectiveness

COLUMNS = {
    "counterflow": "counterflow",
    "parallel": "parallel",
    "crossflow": "crossflow_unmixed",
    "crossflow_min_mixed": "crossflow_Cmin_mixed",
    "crossflow_max_mixed": "crossflow_Cmax_mixed",
    "shell_and_tube": "shell_1_2",
}
SOURCE = "closed forms and the exact double series, six digits"
STORED = {  # NTU 5, C_r 0.7: tests of CalebBell/ht
    "crossflow": 0.8444821799748551,
    "crossflow_min_mixed": 0.7497843941508544,
    "crossflow_max_mixed": 0.7158099831204696,
}


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    at = [f"NTU {n:g}, C_r {c:g}" for n, c in zip(table["NTU"], table["Cr"], strict=True)]
    NTU, C_r = jnp.array(table["NTU"]), jnp.array(table["Cr"])
    rows = [
        worst(
            f"effectiveness, {arrangement}",
            np.asarray(effectiveness(arrangement, NTU, C_r)),
            table[column],
            1e-6,
            at=at,
            source=SOURCE,
        )
        for arrangement, column in COLUMNS.items()
    ]
    rows += [
        Row(
            f"effectiveness, {arrangement} to ten digits",
            float(effectiveness(arrangement, 5.0, 0.7)),
            stored,
            1e-10,
            at="NTU 5, C_r 0.7",
            source="CalebBell/ht, tests",
        )
        for arrangement, stored in STORED.items()
    ]
    return Outcome(rows)
