"""The variants of a case: each a case of its own, or the reason why it is none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geometry.errors import InputError
from geometry.grid import build_grid
from geometry.hall import Hall
from rehall.config import Case, checked
from rehall.models import hall_with_sources
from rehall.quantities import NUMBER
from rehall.sweep.changes import Change, changed
from rehall.sweep.samples import Vary

TOLD = 3
"""Mistakes of a variant that its reason tells."""
ROOM = 1.5
"""Most cells of a grid that follows the edges of many halls, over the most that one of them has."""


@dataclass(frozen=True, eq=False)
class Variant:
    """One variant: its number, the values of the inputs that are varied, and the case with them.

    `case` is None where they make no case, for a `reason`. `at` places it among the others: every
    input from 0 to 1, in its order.
    """

    number: int
    values: tuple[Any, ...]
    at: np.ndarray
    case: Case | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Group:
    """Variants on one grid, which follows the edges in all their `halls`."""

    variants: tuple[Variant, ...]
    halls: tuple[Hall, ...]


def variants(case: Case, varied: Sequence[Vary], rows: Sequence[tuple]) -> list[Variant]:
    """The variants with these values.

    A path that leads nowhere is refused, and so are values of which none makes a case.
    """
    places = np.stack([places_of([row[n] for row in rows]) for n in range(len(varied))], axis=1)
    found, mistakes = list[Variant](), list[InputError]()
    for number, (row, at) in enumerate(zip(rows, places, strict=True)):
        changes = [Change(one.path, value) for one, value in zip(varied, row, strict=True)]
        document = changed(case, changes)
        try:
            made = checked(document)
        except InputError as error:
            mistakes.append(error)
            found.append(Variant(number, tuple(row), at, None, _reason(error)))
            continue
        told = "".join(f"\n# varied: {change.path} = {change.value}" for change in changes)
        found.append(Variant(number, tuple(row), at, replace(made, text=case.text + told)))
    if len(mistakes) == len(found):
        raise mistakes[0]
    return found


def _reason(error: InputError) -> str:
    """The first mistakes in a line, and how many more there are."""
    told = [f"{finding.where}: {finding.message}" for finding in error.findings]
    more = [f"and {len(told) - TOLD} more"] if len(told) > TOLD else []
    return "; ".join([*told[:TOLD], *more])


def places_of(values: Sequence[Any]) -> np.ndarray:
    """Values of one input from 0 to 1: numbers of one unit by their size, others by their order.

    >>> places_of(["20 degC", "26 degC", "23 degC"]).tolist()
    [0.0, 1.0, 0.5]
    """
    numbers = [_number(value) for value in values]
    known = [found[0] for found in numbers if found]
    if len(known) < len(values) or len({found[1] for found in numbers if found}) > 1:
        named = list(dict.fromkeys(map(repr, values)))
        known = [float(named.index(repr(value))) for value in values]
    found = np.array(known, float)
    span = np.ptp(found)
    return (found - found.min()) / span if span > 0 else np.zeros(len(found))


def _number(value: Any) -> tuple[float, str] | None:
    """Number and unit of a value."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), ""
    match = NUMBER.fullmatch(value) if isinstance(value, str) else None
    return (float(match[1]), (match[2] or "").strip()) if match else None


def groups_of(found: Sequence[Variant], cell: float | None) -> list[Group]:
    """Variants that share a grid: halls of one size with one way to lay it, on cells `cell` [m].

    Where a grid that follows the edges of all would have too many cells, as where positions take
    many values, each hall has its own.
    """
    alike: dict[tuple, list[Variant]] = {}
    for one in found:
        if one.case is not None:
            solver = one.case.solver
            key = one.case.geometry.size, solver.cell, solver.growth, solver.precision
            alike.setdefault(key, []).append(one)
    groups = list[Group]()
    for some in alike.values():
        shaped: dict[str, tuple[Hall, list[Variant]]] = {}
        for one in some:
            assert one.case is not None, "variants without a case have no hall"
            hall = hall_with_sources(one.case)
            shaped.setdefault(repr(hall), (hall, []))[1].append(one)
        halls = tuple(hall for hall, _ in shaped.values())
        solver = some[0].case.solver  # type: ignore[union-attr]
        if _shared(halls, cell or solver.cell, solver.growth):
            groups.append(Group(tuple(some), halls))
        else:
            groups += [Group(tuple(of), (hall,)) for hall, of in shaped.values()]
    return groups


def _shared(halls: Sequence[Hall], cell: float, growth: float) -> bool:
    """Whether one grid serves all of these halls without many more cells than each needs."""
    if len(halls) == 1:
        return True
    shared = build_grid(halls[0], cell, growth, others=halls[1:]).cells
    return shared <= ROOM * max(build_grid(hall, cell, growth).cells for hall in halls)
