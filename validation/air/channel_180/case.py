import numpy as np

from rehall.validation import Outcome, Profile, Row, read_reference
from rehall.validation.channel import half_channel

RE_TAU = 178.12
LIMIT = 0.03
GRIDS = (0.5, 5.0, 20.0, 35.0)  # y+ of the first cell centre
BUFFER = (
    "the cell centre lies in the buffer layer, where production changes more over one cell than a "
    "value at its centre or the logarithmic law can tell"
)
LOW = (
    "standard k-epsilon has no low-Reynolds-number terms of its own: below Re_tau 300 what of the "
    "profile is logarithmic is thin, and the model makes too much turbulence there"
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
                reason=LOW if first < 2 else BUFFER if first < 15 else "",
            )
        )
        profiles.append(
            Profile(f"first cell at y+ {first:g}", "y+", "U+", channel.line, (table["y_plus"], U))
        )
    return Outcome(rows, profiles)
