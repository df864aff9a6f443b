"""The air of failures on the coarse grid: what it says of the fine one, and how sure that is.

A failure changes a limit on the fine grid by what it changes it by on the coarse one, as far as is
known: within that change, what is not known of the normal state, and what solutions settle to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rehall.redundancy.tasks import DRIFT
from rehall.verdict import Limit
from thermal.air.settling import Settings

SETTLED = Settings().drift + DRIFT
"""Temperature by which a change may be off because neither of its solutions settles exactly [K]."""
SHARE_OF_LIMIT = 0.01
"""The same of everything that is no temperature, over its limit [-]."""
SHARE = 1.0
"""Share of a change between two states of the coarse grid by which it may differ on the fine one
[-]: 420 inlets in 14 states of the AI hall needed 0.94 of the error at most. The study tells what
its own needed, and takes all estimates to be as far off."""
OVERSHOOT = 1.0
"""Share of a change by which a value may go beyond its end on the way there [-]: the warmest inlet
of the AI hall does by 0.7 of it where a fan wall stops."""
LOADING, EXCESS = "cooling_unit_loading_max", "cooling_unit_supply_excess"
By = Mapping[tuple[str, str], Limit]


def by_place(limits: Sequence[Limit]) -> dict[tuple[str, str], Limit]:
    """Limits by name and place."""
    return {(limit.name, limit.where): limit for limit in limits}


def estimated(fine_normal: By, coarse_normal: By, coarse: Sequence[Limit]) -> list[Limit]:
    """Limits of a state on the fine grid, from those of the coarse one.

    Without a normal state to compare with nothing is known of them. Nor is how far a cooling unit
    misses its set point where its coil may be at its end: up to there it misses nothing.
    """
    found = []
    for limit in coarse:
        key = limit.name, limit.where
        fine, before = fine_normal.get(key), coarse_normal.get(key)
        if fine is None or before is None:
            found.append(replace(limit, uncertainty=None))
            continue
        moved = limit.value - before.value
        unsure = None
        if fine.uncertainty is not None:
            unsure = fine.uncertainty + SHARE * abs(moved) + settled_to(limit)
        found.append(replace(limit, value=fine.value + moved, uncertainty=unsure))
    spent = {limit.where for limit in found if limit.name == LOADING and limit.holds is not True}
    return [
        replace(limit, uncertainty=None) if limit.name == EXCESS and limit.where in spent else limit
        for limit in found
    ]


def settled_to(limit: Limit) -> float:
    """How far a value may be off because no solution settles exactly."""
    return SETTLED if limit.unit in ("K", "degC") else SHARE_OF_LIMIT * abs(limit.limit)


def safe(limits: Sequence[Limit], fine_normal: By) -> bool:
    """Whether every limit holds for sure that the normal state does not break."""
    return all(limit.holds is True or broken_before(limit, fine_normal) for limit in limits)


def broken_before(limit: Limit, fine_normal: By) -> bool:
    """Whether the normal state breaks this limit."""
    normal = fine_normal.get((limit.name, limit.where))
    return normal is not None and normal.holds is False


def calm(limits: Sequence[Limit], fine_normal: By) -> bool:
    """Whether every limit holds on the way too, where values may go beyond their end."""
    for limit in limits:
        normal = fine_normal.get((limit.name, limit.where))
        if broken_before(limit, fine_normal):
            continue
        if normal is None:
            return False
        beyond = OVERSHOOT * abs(limit.value - normal.value)
        known = None if limit.uncertainty is None else limit.uncertainty + beyond
        if replace(limit, uncertainty=known).holds is not True:
            return False
    return True


def miss(guessed: Sequence[Limit], solved: Sequence[Limit]) -> float:
    """Largest error of an estimate over what was stated of it; none where nothing was stated."""
    known, worst = by_place(solved), 0.0
    for guess in guessed:
        limit = known.get((guess.name, guess.where))
        if limit is None or not guess.uncertainty:
            continue
        worst = max(worst, abs(limit.value - guess.value) / guess.uncertainty)
    return worst
