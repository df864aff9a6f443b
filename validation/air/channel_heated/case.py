import numpy as np

from rehall.validation import Outcome, Profile, read_reference, worst
from rehall.validation.channel import half_channel

RE_TAU, BULK = 178.12, 15.679  # of the same channel unheated, Moser, Kim and Mansour (1999)
LIMIT = 0.05
HEAT = 1000.0  # [W/m3]
KNOWN = {0.5: 0.125, 20.0: 0.155}  # misses by y+ of the first cell centre
RUNS = ((0.71, 0.5), (0.71, 20.0), (0.1, 0.5), (2.0, 0.5))
SOURCE = "Kim and Moin (1989)"
LOW = (
    "as in the channel unheated the two layers make mu_t 1.3 to 1.8 times that of the simulation "
    "beyond y+ 80; at y+ 20 the thermal law adds to it, T+ of 9.0 against 9.5 "
    "(docs/decisions/0012-low-reynolds.md)"
)


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    rows, profiles = [], []
    # Prandtl number and y+ of the first cell centre.
    for prandtl, first in ((0.71, 20.0),) if reduced else RUNS:
        channel = half_channel(RE_TAU, BULK, first, HEAT, prandtl)
        profile = Profile(
            f"Pr {prandtl:g}, first cell at y+ {first:g}",
            "y+",
            "T+",
            (np.append(0.0, channel.y_plus), np.append(0.0, channel.T_plus)),
            (table["y_plus"], table[f"Tplus_Pr{prandtl}"]),
        )
        profiles.append(profile)
        if prandtl == 0.71:
            y, ours, theirs = profile.compared()
            known = y >= channel.y_plus[0]
            rows.append(
                worst(
                    f"T+, first cell at y+ {first:g}",
                    ours[known],
                    theirs[known],
                    LIMIT,
                    relative=True,
                    at=[f"y+ {point:.3g}" for point in y[known]],
                    source=SOURCE,
                    reason=LOW,
                    known=KNOWN[first],
                )
            )
    return Outcome(rows, profiles)
