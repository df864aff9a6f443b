"""What still fits: how many more racks of one kind each resource would allow, taken alone.

docs/theory/fits.md states the rules and what they leave out.
"""

from dataclasses import dataclass

from geometry.errors import Finding, InputError
from rehall import equipment, spare_cooling, spare_power
from rehall.floor import FRONT_AISLE, REAR_AISLE
from rehall.layout import Item, expand_piece
from rehall.packing import Place, free_places
from rehall.schema.entries import Cdu, CoolingUnit, Placed
from rehall.schema.equipment import Unit
from rehall.simulate import Solution

GRAVITY = 9.80665
"""Standard gravity, ISO 80000-3 [m/s2]."""


NO_LIMIT, NOT_KNOWN = "no limit", "not known"


@dataclass(frozen=True)
class Fit:
    """Racks that one resource allows; None where it does not limit them, or is not known.

    What is not known has a basis that begins with these words.
    """

    resource: str
    count: int | None
    basis: str

    @property
    def words(self) -> str | None:
        """What to say instead of a count."""
        if self.count is not None:
            return None
        return NOT_KNOWN if self.basis.startswith(NOT_KNOWN) else NO_LIMIT


@dataclass(frozen=True)
class Fits:
    """What each resource allows of one kind of rack, and free places on the floor."""

    kind: str
    each: tuple[Fit, ...]
    places: tuple[Place, ...]

    @property
    def count(self) -> int | None:
        """Racks that all resources allow together; None where nothing limits them."""
        counts = [fit.count for fit in self.each if fit.count is not None]
        return min(counts, default=None)

    @property
    def first(self) -> str:
        """The resources that run out first."""
        names = [fit.resource for fit in self.each if fit.count == self.count]
        return " and ".join(names) if self.count is not None else "none"

    def of(self, resource: str) -> Fit:
        """What one resource allows."""
        return next(fit for fit in self.each if fit.resource == resource)


def what_fits(solution: Solution, kind: str = "vr_nvl72") -> Fits:
    """How many more racks of a kind (name of a catalogue entry) the hall of a solution takes."""
    rack = one_more(kind)
    places = free_places(solution.case, rack.entry.size)
    each = {
        "floor area": floor_area(places),
        "floor load": floor_load(solution, rack),
        "air cooling": spare_cooling.air(solution, rack),
        "liquid cooling": spare_cooling.liquid(solution, rack),
        "power": spare_power.power(solution, rack),
    }
    fits = tuple(Fit(resource, count, basis) for resource, (count, basis) in each.items())
    return Fits(kind, fits, tuple(places))


def one_more(kind: str) -> Item:
    """A rack of the catalogue as a piece of equipment, at full load and nowhere yet."""
    try:
        entry = equipment.entry(kind)
    except equipment.Unresolved as error:
        raise InputError([Finding(kind, str(error))]) from None
    if not isinstance(entry, Placed) or isinstance(entry, CoolingUnit | Cdu):
        raise InputError([Finding(kind, "is no rack; name a rack, a miner or a shelf of miners")])
    unit = Unit.model_validate({"of": kind, "name": kind, "at": ["0 m", "0 m"], "facing": "+y"})
    return expand_piece(unit, entry, 0.0, (), 0)[0]


def floor_area(places: list[Place]) -> tuple[int, str]:
    """Free places on the floor."""
    return len(places), (
        f"rows on the free floor where the cold air is, {FRONT_AISLE:g} m clear before and "
        f"{REAR_AISLE:g} m behind each rack and what stands there"
    )


def floor_load(solution: Solution, rack: Item) -> tuple[int | None, str]:
    """None where the slab bears a rack wherever it stands, 0 where it does not.

    The slab must bear the weight over the rack's own footprint. Spread over its bay, that is with
    half of both aisles, it is always less, and any number of racks is borne.
    """
    allowed, weight = solution.case.hall.floor_load, rack.entry.weight
    if allowed is None:
        return None, f"{NOT_KNOWN}: the case gives no hall.floor_load"
    if weight is None:
        return None, f"{NOT_KNOWN}: the catalogue gives no weight of {rack.kind} {rack.name}"
    width, depth, _ = rack.entry.size
    bay = width * (depth + 0.5 * (FRONT_AISLE + REAR_AISLE))
    own, spread = weight * GRAVITY / (width * depth), weight * GRAVITY / bay
    figures = f"{own / 1e3:.1f} kPa under a rack, {spread / 1e3:.1f} kPa over its bay"
    verdict = "borne by" if own <= allowed else "too much for"
    return None if own <= allowed else 0, f"{figures}: {verdict} a slab of {allowed / 1e3:g} kPa"
