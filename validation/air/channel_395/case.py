import numpy as np

from rehall.validation import Outcome, Profile, Row, read_reference
from rehall.validation.channel import half_channel

RE_TAU = 392.24
LIMIT = 0.03
GRIDS = (0.5, 5.0, 20.0, 35.0)  # y+ of the first cell centre
BUFFER = (
    "the velocity law is 15 % low at y+ 5, the mean of mu_t of the first two cells overstates the "
    "face between them, and so does the mean slope the second cell's production "
    "(docs/decisions/0012-low-reynolds.md)"
)
SOURCE = "Moser, Kim and Mansour (1999)"


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    y, U = table["y_over_h"], table["U_plus"]
    bulk = float(np.sum(np.diff(y) * (U[1:] + U[:-1]) / 2))
    rows, profiles = [], []
    for first in GRIDS[2:] if reduced else GRIDS:
        channel = half_channel(RE_TAU, bulk, first)
        rows.append(
            Row(
                "bulk velocity over u_tau",
                channel.bulk,
                bulk,
                LIMIT,
                relative=True,
                at=f"first cell at y+ {first:g}",
                source=SOURCE,
                reason=BUFFER if 2 < first < 15 else "",
            )
        )
        profiles.append(
            Profile(f"first cell at y+ {first:g}", "y+", "U+", channel.line, (table["y_plus"], U))
        )
    return Outcome(rows, profiles)
