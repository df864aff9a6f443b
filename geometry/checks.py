"""Whether what stands in the hall can stand there: all findings at once.

`check` finds what makes a hall impossible, `warnings` what makes it doubtful.
"""

from collections.abc import Iterator

import numpy as np

from geometry.errors import Finding
from geometry.hall import AXES, FACES, Box, Hall, axis_of, side_of

TOLERANCE = 1e-3  # m; drawings are no finer
ROUNDING = 1e-6  # m; a clearance that is met exactly is met
CLEARANCE = 0.3  # m; an intake or discharge closer to something solid than this is doubtful


def check(hall: Hall) -> list[Finding]:
    """Return overlaps, things outside the hall, blocked faces, openings not in their wall."""
    names, lower, upper = solids(hall)
    findings = list(overlaps(names, lower, upper))
    findings += outside(hall, names, lower, upper)
    findings += misplaced_baffles(hall)
    findings += misplaced_openings(hall)
    findings += overlapping_openings(hall)
    findings += covered(hall, names, lower, upper, "blocked", TOLERANCE)
    return findings


def warnings(hall: Hall) -> list[Finding]:
    """Return intakes and discharges with less than 0.3 m of free air before them."""
    names, lower, upper = solids(hall)
    blocked = {f.where for f in covered(hall, names, lower, upper, "blocked", TOLERANCE)}
    near = covered(hall, names, lower, upper, "obstructed", CLEARANCE)
    return [finding for finding in near if finding.where not in blocked]


def solids(hall: Hall) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return names and corners, each (n, 3) [m], of all blocks and devices."""
    things = [(b.name, b.box) for b in hall.blocks] + [(d.name, d.box) for d in hall.devices]
    lower = np.array([box.lower for _, box in things], float).reshape(-1, 3)
    upper = np.array([box.upper for _, box in things], float).reshape(-1, 3)
    return [name for name, _ in things], lower, upper


def overlaps(names: list[str], lower: np.ndarray, upper: np.ndarray) -> Iterator[Finding]:
    """Find solid boxes that share space, with the depth along each axis."""
    meets = np.triu(np.ones((len(names), len(names)), bool), k=1)
    for axis in range(3):
        meets &= shares(lower[:, axis], upper[:, axis], lower[:, axis], upper[:, axis])
    for i, j in np.argwhere(meets):
        shared = overlap(lower[i], upper[i], lower[j], upper[j])
        depth = ", ".join(f"{d:.3f} m along {a}" for d, a in zip(shared, AXES, strict=True))
        yield Finding(names[j], f"overlaps {names[i]} by {depth}")


def shares(
    lower: np.ndarray, upper: np.ndarray, lower_other: np.ndarray, upper_other: np.ndarray
) -> np.ndarray:
    """Whether interval i of the first and j of the others share more than the tolerance, (i, j)."""
    below = lower_other[None] < upper[:, None] - TOLERANCE
    return below & (lower[:, None] < upper_other[None] - TOLERANCE)


def overlap(
    lower: np.ndarray, upper: np.ndarray, lower_other: np.ndarray, upper_other: np.ndarray
) -> np.ndarray:
    """Return the shared length of two boxes along each axis [m], negative where apart."""
    return np.minimum(upper, upper_other) - np.maximum(lower, lower_other)


def outside(
    hall: Hall, names: list[str], lower: np.ndarray, upper: np.ndarray
) -> Iterator[Finding]:
    """Find solid boxes that reach out of the hall, and how far on which side."""
    excess = np.concatenate([-lower, upper - np.array(hall.size)], axis=1)
    for i in np.flatnonzero((excess > TOLERANCE).any(axis=1)):
        yield Finding(names[i], f"reaches out of the hall by {reaches(excess[i])}")


def reaches(excess: np.ndarray) -> str:
    """Return `0.500 m at +x` for each of six sides with an excess above the tolerance."""
    sides = [f"-{axis}" for axis in AXES] + [f"+{axis}" for axis in AXES]
    out = [f"{e:.3f} m at {s}" for e, s in zip(excess, sides, strict=True) if e > TOLERANCE]
    return ", ".join(out)


def excess_of(box: Box, hall: Hall) -> np.ndarray:
    """Return by how much a box reaches out at -x, -y, -z, +x, +y, +z [m]."""
    return np.concatenate([-np.array(box.lower), np.array(box.upper) - np.array(hall.size)])


def misplaced_baffles(hall: Hall) -> Iterator[Finding]:
    """Find partitions that are no rectangle or reach out of the hall."""
    for baffle in hall.baffles:
        excess = excess_of(baffle.rectangle, hall)
        if baffle.rectangle.flat_axis is None:
            yield Finding(baffle.name, "is no rectangle: wanted no thickness along one axis")
        elif (excess > TOLERANCE).any():
            yield Finding(baffle.name, f"reaches out of the hall by {reaches(excess)}")


def misplaced_openings(hall: Hall) -> Iterator[Finding]:
    """Find openings that do not lie in one of the six faces of the shell."""
    for opening in hall.openings:
        box, axis = opening.rectangle, opening.rectangle.flat_axis
        excess = excess_of(box, hall)
        if axis is None or not (abs(excess[axis]) < TOLERANCE or abs(excess[3 + axis]) < TOLERANCE):
            yield Finding(opening.name, "is not in a face of the shell")
        elif (excess > TOLERANCE).any():
            yield Finding(opening.name, f"reaches beyond its wall by {reaches(excess)}")


def overlapping_openings(hall: Hall) -> Iterator[Finding]:
    """Find openings that share a part of a wall."""
    if not hall.openings:
        return
    lower = np.array([o.rectangle.lower for o in hall.openings])
    upper = np.array([o.rectangle.upper for o in hall.openings])
    shared = overlap(lower[:, None], upper[:, None], lower[None], upper[None])
    # In one plane two rectangles share nothing along its normal, and length along both others.
    coplanar = ((np.abs(shared) < TOLERANCE).sum(axis=-1) == 1) & (
        (shared > TOLERANCE).sum(axis=-1) == 2
    )
    same_normal = (upper - lower).argmin(axis=1)
    coplanar &= same_normal[:, None] == same_normal[None]
    for i, j in np.argwhere(np.triu(coplanar, k=1)):
        area = np.prod(np.sort(shared[i, j])[1:])
        yield Finding(hall.openings[j].name, f"overlaps {hall.openings[i].name} over {area:.3f} m2")


def covered(
    hall: Hall, names: list[str], lower: np.ndarray, upper: np.ndarray, word: str, depth: float
) -> Iterator[Finding]:
    """Find intakes and discharges with something solid all over them within a depth [m].

    A face part of which is free within that depth is not reported; partitions are not counted.
    """
    faces = [(d, "intake", d.intake) for d in hall.devices]
    faces += [(d, "discharge", d.discharge) for d in hall.devices]
    for side in FACES:
        here = [(device, role) for device, role, on in faces if on == side]
        if not here:
            continue
        axis, sign = axis_of(side), side_of(side)
        boxes = [device.box.face(side) for device, _ in here]
        at = np.array([box.lower[axis] for box in boxes])
        gap_to_wall = sign * ((hall.size[axis] if sign > 0 else 0.0) - at)
        gap = sign * ((lower if sign > 0 else upper)[None, :, axis] - at[:, None])
        near = (gap > -TOLERANCE) & (gap < depth - ROUNDING)
        for other in (other for other in range(3) if other != axis):
            start = np.array([box.lower[other] for box in boxes])
            end = np.array([box.upper[other] for box in boxes])
            near &= shares(start, end, lower[:, other], upper[:, other])
        for k in np.flatnonzero((gap_to_wall < depth - ROUNDING) | near.any(axis=1)):
            device, role = here[k]
            before = np.flatnonzero(near[k])
            if gap_to_wall[k] < depth - ROUNDING:
                yield Finding(device.name, message(word, role, side, "the shell", gap_to_wall[k]))
            elif fully_covered(boxes[k], axis, lower[before], upper[before]):
                nearest = before[np.argmin(gap[k, before])]
                by, distance = names[nearest], float(gap[k, nearest])
                yield Finding(device.name, message(word, role, side, by, distance))


def message(word: str, role: str, side: str, by: str, gap: float) -> str:
    """Return what stands how near before which face."""
    return f"{role} ({side}) is {word} by {by}, {abs(gap):.3f} m away"


def fully_covered(face: Box, axis: int, lower: np.ndarray, upper: np.ndarray) -> bool:
    """Whether rectangles cover a face: no point between any two of their edges is free."""
    a, b = (other for other in range(3) if other != axis)
    at_a = midpoints(face.lower[a], face.upper[a], lower[:, a], upper[:, a])
    at_b = midpoints(face.lower[b], face.upper[b], lower[:, b], upper[:, b])
    in_a = (lower[:, a, None] < at_a) & (at_a < upper[:, a, None])
    in_b = (lower[:, b, None] < at_b) & (at_b < upper[:, b, None])
    return bool((in_a[:, :, None] & in_b[:, None, :]).any(axis=0).all())


def midpoints(low: float, high: float, *edges: np.ndarray) -> np.ndarray:
    """Return the points half-way between neighbouring edges from low to high, slivers left out."""
    cuts = np.unique(np.clip(np.concatenate([[low, high], *edges]), low, high))
    wide = np.diff(cuts) > TOLERANCE
    return ((cuts[:-1] + cuts[1:]) / 2)[wide]
