"""What a validation case returns: rows with a limit, profiles to draw, and a note."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

Side = Literal["both", "above", "below"]


@dataclass(frozen=True)
class Row:
    """One quantity, ours beside the reference.

    `limit` is the largest allowed difference: in the quantity's unit, or as a share of the
    reference where `relative`. `side` is the side of the reference that is limited: "both", or
    only "above" or "below" ("no worse than the peer": side "above" and limit 0). `at` tells rows
    of one quantity apart (`Ra 1e4`). `differences` are those of all points that this row is the
    worst of. `reason` says why a row is known to miss its limit, and `known` the largest difference
    that it explains, in the measure of `limit`: what is measured and a margin, so that a row which
    gets worse shows. It stays a miss.

    Raises ValueError where a limit is negative or not finite, where a relative difference has no
    reference to be relative to, or where a reason and what it explains do not come together.
    """

    quantity: str
    ours: float
    reference: float
    limit: float
    unit: str = ""
    relative: bool = False
    side: Side = "both"
    at: str = ""
    source: str = ""
    reason: str = ""
    known: float = 0.0
    differences: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.limit) and self.limit >= 0):
            raise ValueError(f"{self.name}: limit {self.limit} must be finite and not negative")
        if not math.isfinite(self.reference):
            raise ValueError(f"{self.name}: the reference is {self.reference}")
        if self.relative and self.reference == 0:
            raise ValueError(f"{self.name}: a relative difference needs a reference that is not 0")
        if bool(self.reason) != (self.limit < self.known < math.inf):
            raise ValueError(
                f"{self.name}: a reason explains misses up to a `known` difference beyond the limit"
            )

    @property
    def name(self) -> str:
        """Quantity and where it is taken."""
        return f"{self.quantity}, {self.at}" if self.at else self.quantity

    @property
    def difference(self) -> float:
        """Ours minus the reference, over the size of the reference where relative."""
        apart = self.ours - self.reference
        return apart / abs(self.reference) if self.relative else apart

    @property
    def ok(self) -> bool:
        """Whether the difference is within the limit; never for a value that is not finite."""
        return self._within(self.limit)

    @property
    def explained(self) -> bool:
        """Whether the row misses its limit by no more than its reason explains."""
        return not self.ok and bool(self.reason) and self._within(self.known)

    def _within(self, bound: float) -> bool:
        counted = {"both": abs, "above": lambda d: d, "below": lambda d: -d}[self.side]
        return math.isfinite(self.difference) and counted(self.difference) <= bound


@dataclass(frozen=True, eq=False)
class Profile:
    """A line of ours over published points; x is the coordinate along which ours ascends.

    `ours` and `reference` are (x, y) of equal length each.
    """

    title: str
    x_label: str
    y_label: str
    ours: tuple[ArrayLike, ArrayLike]
    reference: tuple[ArrayLike, ArrayLike]

    def compared(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Published points within our line: x, ours there (interpolated), the published value."""
        x, y = (np.asarray(part, float) for part in self.ours)
        points, values = (np.asarray(part, float) for part in self.reference)
        order = np.argsort(x)
        inside = (points >= x.min()) & (points <= x.max())
        return points[inside], np.interp(points[inside], x[order], y[order]), values[inside]

    def row(
        self,
        limit: float,
        unit: str = "",
        source: str = "",
        reason: str = "",
        known: float = 0.0,
    ) -> "Row":
        """Return the published point that ours misses by most, as a row with an absolute limit.

        Raises ValueError where no published point lies within our line.
        """
        points, ours, values = self.compared()
        at = [f"{self.x_label} = {point:.4g}" for point in points]
        return worst(
            self.title,
            ours,
            values,
            limit,
            at=at,
            unit=unit,
            source=source,
            reason=reason,
            known=known,
        )


@dataclass(frozen=True)
class Outcome:
    """Everything a case has to show; `note` is read below its rows in the report."""

    rows: list[Row]
    profiles: list[Profile] = field(default_factory=list)
    note: str = ""


def worst(
    quantity: str,
    ours: ArrayLike,
    reference: ArrayLike,
    limit: float,
    *,
    at: Sequence[str],
    relative: bool = False,
    unit: str = "",
    source: str = "",
    reason: str = "",
    known: float = 0.0,
) -> Row:
    """Row of the point with the largest difference, which remembers those of all points.

    `at` [points] says where each point is. Raises ValueError where there is none.
    """
    mine, theirs = np.asarray(ours, float).ravel(), np.asarray(reference, float).ravel()
    if not mine.size == theirs.size == len(at) or not mine.size:
        raise ValueError(f"{quantity}: {mine.size} of ours, {theirs.size} points, {len(at)} labels")
    apart = (mine - theirs) / np.abs(theirs) if relative else mine - theirs
    # The first value that is not finite is the worst of all.
    place = int(np.argmax(np.where(np.isfinite(apart), np.abs(apart), np.inf)))
    return Row(
        quantity,
        float(mine[place]),
        float(theirs[place]),
        limit,
        unit=unit,
        relative=relative,
        at=at[place],
        source=source,
        reason=reason,
        known=known,
        differences=tuple(float(d) for d in apart),
    )
