"""Which states a study solves: single failures, pairs of them, scenarios of the case."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import combinations

from geometry.errors import InputError
from power.network import NONE, PowerModel
from power.nodes import Tie
from power.states import Failure
from power.study import NORMAL
from rehall.config import Case
from rehall.electrical import PowerSide
from rehall.redundancy.course import Part
from rehall.redundancy.outage import Outage
from rehall.schema.base import nearest

SINGLE, PAIR, SCENARIO, SIDE = "single", "pair", "scenario", "side"


@dataclass(frozen=True)
class State:
    """Failures that are solved together; `kind` is SINGLE, PAIR, SCENARIO or SIDE."""

    name: str
    kind: str
    parts: tuple[Part, ...]

    @property
    def first(self) -> Outage:
        """The failure that it is named by."""
        return self.parts[0].outage


def chosen(
    case: Case,
    side: PowerSide | None,
    outages: Sequence[Outage],
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    pairs: bool = False,
) -> list[State]:
    """The states of a study.

    `only` and `skip` are patterns of names, components, kinds or subsystems; whole sides of the
    chain and the case's scenarios are solved where nothing is picked, or where they are named.
    """
    _refuse_unknown_claims(case, outages)
    scenarios = [*_scenarios(case, outages), *(_sides(side.model) if side else ())]
    _refuse_unknown("--only", only, outages, scenarios)
    _refuse_unknown("--skip", skip, outages, scenarios)
    singles = [o for o in outages if _picked(_names(o), only, skip)]
    found = [State(o.name, SINGLE, (Part(o),)) for o in singles]
    if pairs:
        found += [
            State(f"{a.name} and {b.name}", PAIR, (Part(a), Part(b)))
            for a, b in combinations(singles, 2)
            if a.component != b.component
        ]
        found += [
            State(f"{o.name}, and another", PAIR, (Part(twice(o)),)) for o in singles if o.count > 1
        ]
    found += [state for state in scenarios if _picked([state.name, state.kind], only, skip)]
    _refuse_twice(case, [NORMAL.name, *(state.name for state in found)])
    return found


def twice(outage: Outage) -> Outage:
    """Two of those that are alike, where one outage stands for all of them."""
    events = tuple(
        event.model_copy(
            update={
                key: getattr(event, key) - 1
                for key in ("rejection", "coolers")
                if isinstance(getattr(event, key), int)
            }
        )
        for event in outage.events
    )
    chain = outage.chain
    if chain is not None:
        chain = replace(
            chain,
            units=tuple((name, lost + 1) for name, lost in chain.units),
            supplies=tuple((load, feed, 2.0 * left - 1.0) for load, feed, left in chain.supplies),
        )
    return replace(outage, events=events, chain=chain)


def _refuse_twice(case: Case, names: Sequence[str]) -> None:
    """Refuse two states of one name: what they break could not be told apart."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        message = f"two failures are called {twice!r}; rename the scenario, the node or the loop"
        raise InputError([case.document.finding(("redundancy",), message)])


def _refuse_unknown_claims(case: Case, outages: Sequence[Outage]) -> None:
    """Refuse a claim of a subsystem that the case does not have."""
    known = sorted({outage.subsystem for outage in outages})
    wrong = [
        case.document.finding(
            ("redundancy", "claims", name), f"no subsystem {name!r}; {nearest(name, known)}"
        )
        for name in case.redundancy.claims
        if name not in known
    ]
    if wrong:
        raise InputError(wrong)


def _names(outage: Outage) -> list[str]:
    return [outage.name, outage.component, outage.kind, outage.subsystem]


def _picked(names: Sequence[str], only: Sequence[str], skip: Sequence[str]) -> bool:
    def hit(patterns: Sequence[str]) -> bool:
        return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)

    return (not only or hit(only)) and not hit(skip)


def _refuse_unknown(
    option: str, patterns: Sequence[str], outages: Sequence[Outage], others: Sequence[State]
) -> None:
    known = dict.fromkeys(name for outage in outages for name in _names(outage))
    known |= dict.fromkeys(name for state in others for name in (state.name, state.kind))
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            near = get_close_matches(pattern, known, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            message = f"no failure, component or subsystem is called {pattern!r}{hint}"
            raise InputError.of(option, f"{message} (--list shows all)")


def _scenarios(case: Case, outages: Sequence[Outage]) -> list[State]:
    spec, by_name = case.redundancy, {outage.name: outage for outage in outages}
    found, wrong = [], []
    for n, scenario in enumerate(spec.scenarios):
        parts = []
        for k, part in enumerate(scenario.failures):
            if part.of in by_name:
                parts.append(Part(by_name[part.of], part.at))
                continue
            near = get_close_matches(part.of, by_name, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            where = ("redundancy", "scenarios", n, "failures", k, "of")
            wrong.append(case.document.finding(where, f"no failure {part.of!r}{hint}"))
        if len(parts) == len(scenario.failures):
            ordered = sorted(parts, key=lambda part: part.at)
            found.append(State(scenario.name, SCENARIO, tuple(ordered)))
    if wrong:
        raise InputError(wrong)
    return found


def _sides(model: PowerModel) -> list[State]:
    """All that feeds only the first, or only the second of the two feeds of every load."""
    above = [_above(model, k) for k in (0, 1)]
    found = []
    for k, letter in enumerate("AB"):
        own = above[k] - above[1 - k]
        if own and above[1 - k] - above[k]:
            names = sorted(model.nodes[n].name for n in own)
            failure = Failure(frozenset(names), name=f"side {letter} of the power chain lost")
            about = ("power chain", "side", "off", "power chain")
            outage = Outage(str(failure), *about, chain=failure)
            found.append(State(str(failure), SIDE, (Part(outage),)))
    return found


def _above(model: PowerModel, feed: int) -> set[int]:
    """All nodes that may feed one of the feeds of loads with several."""
    if model.feeds.shape[1] < 2:
        return set()
    left = {int(row[feed]) for row in model.feeds if row[1] != NONE and row[feed] != NONE}
    found: set[int] = set()
    while left:
        here = left.pop()
        if here in found or isinstance(model.nodes[here], Tie):
            continue
        found.add(here)
        left |= {model.index[name] for name in model.nodes[here].fed_by}
    return found
