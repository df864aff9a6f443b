"""Expected hours a year with a broken limit, from how often things fail and how long they stay so.

Components fail independently of each other, at constant rates, and are repaired at once:
docs/theory/availability.md.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from rehall.equipment import entry, raw_catalogue
from rehall.schema.entries import FailureFigures, Reliability, TypicalReliability
from rehall.schema.entries.reliability import HOUR, HOURS_A_YEAR

NORMAL = "normal"
"""Name of the state in which everything is in service."""


@dataclass(frozen=True)
class Exposure:
    """One failure state: how often its component fails, how long it stays failed, whether limits
    break meanwhile.

    Several states of one component exclude each other. `broken` of None is a state that cannot be
    told. `start_failure` is the share of the failures after which what stands by does not start,
    for states in which it does not. With `seconds_broken` a limit is broken only so long, from the
    failure on.
    """

    state: str
    component: str
    rate: float | None  # failures a year in service [1/a]; None: not known
    repair: float | None  # mean time that it stays failed [h]; None: not known
    broken: bool | None
    start_failure: float = 1.0  # [-]
    seconds_broken: float | None = None  # [s]

    def __post_init__(self) -> None:
        for figure in (self.rate, self.repair, self.seconds_broken):
            if figure is not None and not 0.0 <= figure < math.inf:
                raise ValueError(f"{self.state}: wanted figures of at least 0, found {figure:g}")
        if not 0.0 <= self.start_failure <= 1.0:
            raise ValueError(
                f"{self.state}: start_failure of {self.start_failure:g}, wanted 0 to 1"
            )
        if self.seconds_broken is not None and not self.broken:
            raise ValueError(f"{self.state}: seconds_broken of a state in which nothing breaks")

    @property
    def ratio(self) -> float | None:
        """Time in this state over the time with all in service [-]; None where rates lack."""
        if self.rate is None or self.repair is None:
            return None
        return self.rate * self.start_failure * self.repair / HOURS_A_YEAR

    @property
    def share_broken(self) -> float | None:
        """Share of its time with a broken limit [-]: of repairs that last exponentially."""
        if self.broken is None:
            return None
        if self.seconds_broken is None or not self.repair:
            return float(self.broken)
        return -math.expm1(-self.seconds_broken / HOUR / self.repair)


@dataclass(frozen=True)
class Pair:
    """Two states, by name, of different components at once, and whether limits break then."""

    first: str
    second: str
    broken: bool | None


@dataclass(frozen=True)
class StateHours:
    """Hours a year in a state and, of these, with a broken limit; None where it cannot be told."""

    state: str
    components: tuple[str, ...]
    hours: float  # [h/a]
    broken: float | None  # [h/a]


@dataclass(frozen=True)
class Availability:
    """Expected hours a year with a broken limit, and of what is not known.

    `hours_beyond` are those with more out at once than was studied: an upper bound of what they
    add. States without rates are in `unknown`, and in no hours. Components are those of the broken
    hours, the largest first; of a pair each has half.
    """

    hours_broken: float  # [h/a]
    hours_undecided: float  # of states that cannot be told [h/a]
    hours_beyond: float  # [h/a]
    unknown: tuple[str, ...]
    by_component: tuple[tuple[str, float], ...]  # [h/a]
    states: tuple[StateHours, ...]

    @property
    def hours_at_most(self) -> float:
        """Broken hours if limits broke in all that is undecided or was not studied [h/a]."""
        return self.hours_broken + self.hours_undecided + self.hours_beyond


def availability(
    exposures: Sequence[Exposure],
    pairs: Sequence[Pair] = (),
    normal_broken: bool | None = False,
) -> Availability:
    """Return the hours a year with a broken limit; all of them where the normal state breaks one.

    Besides the normal state and single failures, two at once are known where `pairs` has them.
    """
    by_name = _by_name(exposures)
    both = [(pair, by_name[pair.first], by_name[pair.second]) for pair in _checked(pairs, by_name)]
    unknown = [e.state for e in exposures if e.ratio is None]
    unknown += [_told(pair) for pair, a, b in both if a.ratio is None or b.ratio is None]
    if normal_broken:
        return Availability(HOURS_A_YEAR, 0.0, 0.0, tuple(unknown), (), ())
    in_service = HOURS_A_YEAR * share_in_service(exposures)
    states = [StateHours(NORMAL, (), in_service, None if normal_broken is None else 0.0)]
    states += _single(exposures, in_service)
    states += _double(both, in_service)
    return Availability(
        hours_broken=sum(state.broken or 0.0 for state in states),
        hours_undecided=sum(state.hours for state in states if state.broken is None),
        hours_beyond=max(HOURS_A_YEAR - sum(state.hours for state in states), 0.0),
        unknown=tuple(unknown),
        by_component=_by_component(states),
        states=tuple(states),
    )


def share_in_service(exposures: Iterable[Exposure]) -> float:
    """Share of the time with everything in service [-].

    Of one component 1 / (1 + sum of the ratios of its states); of all of them the product.
    """
    ratios: dict[str, float] = {}
    for exposure in exposures:
        ratios[exposure.component] = ratios.get(exposure.component, 0.0) + (exposure.ratio or 0.0)
    return math.prod(1.0 / (1.0 + ratio) for ratio in ratios.values())


def reliability_of(kind: str, mode: str, own: Reliability | None = None) -> FailureFigures | None:
    """Return the figures of a way to fail: its own, else those that are typical of the kind.

    A unit that tells only of itself as a whole is better than a typical one in each way alike.
    """
    typical = _typical().get(kind)
    if own is None or typical is None:
        given = own or typical
        return None if given is None else given.of(mode)
    found = own.of(mode)
    if mode in typical.by_mode and mode not in own.by_mode:
        longer = typical.of(mode).mtbf / typical.mtbf
        found = found.model_copy(update={"mtbf": longer * found.mtbf})
    if found.start_failure is None:
        found = found.model_copy(update={"start_failure": typical.start_failure})
    return found


def default_of(kind: str, mode: str = "") -> FailureFigures | None:
    """Return the typical figures of a kind, and of one of its ways to fail; None without any."""
    return reliability_of(kind, mode)


@cache
def _typical() -> dict[str, Reliability]:
    entries = (entry(name) for name in raw_catalogue())
    typical = [found for found in entries if isinstance(found, TypicalReliability)]
    return {kind: found.reliability for found in typical for kind in found.of}


def _by_name(exposures: Sequence[Exposure]) -> dict[str, Exposure]:
    by_name = {exposure.state: exposure for exposure in exposures}
    if len(by_name) < len(exposures):
        names = [exposure.state for exposure in exposures]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"two states are called {twice!r}")
    return by_name


def _checked(pairs: Sequence[Pair], by_name: dict[str, Exposure]) -> Sequence[Pair]:
    seen: set[frozenset[str]] = set()
    for pair in pairs:
        for name in (pair.first, pair.second):
            if name not in by_name:
                raise ValueError(f"no state {name!r} for the pair {_told(pair)!r}")
        if by_name[pair.first].component == by_name[pair.second].component:
            raise ValueError(f"{_told(pair)!r} are states of one component, never both at once")
        if frozenset((pair.first, pair.second)) in seen:
            raise ValueError(f"the pair {_told(pair)!r} is there twice")
        seen.add(frozenset((pair.first, pair.second)))
    return pairs


def _told(pair: Pair) -> str:
    return f"{pair.first}, {pair.second}"


def _single(exposures: Iterable[Exposure], in_service: float) -> Iterator[StateHours]:
    for exposure in exposures:
        if exposure.ratio is not None:
            hours, share = in_service * exposure.ratio, exposure.share_broken
            broken = None if share is None else share * hours
            yield StateHours(exposure.state, (exposure.component,), hours, broken)


def _double(
    both: Iterable[tuple[Pair, Exposure, Exposure]], in_service: float
) -> Iterator[StateHours]:
    for pair, a, b in both:
        if a.ratio is not None and b.ratio is not None:
            hours = in_service * a.ratio * b.ratio
            broken = None if pair.broken is None else float(pair.broken) * hours
            yield StateHours(_told(pair), (a.component, b.component), hours, broken)


def _by_component(states: Iterable[StateHours]) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    for state in states:
        for component in state.components:
            if state.broken:
                share = state.broken / len(state.components)
                found[component] = found.get(component, 0.0) + share
    return tuple(sorted(found.items(), key=lambda row: (-row[1], row[0])))
