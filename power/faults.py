"""What is wrong with a description of the power chain: all findings at once."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from geometry.errors import Finding
from power.nodes import (
    PHASES,
    Board,
    Generator,
    Line,
    Load,
    Node,
    Rectifier,
    Table,
    Tie,
    TransferSwitch,
    Transformer,
    Ups,
    Utility,
)


def faults(nodes: Sequence[Node], loads: Sequence[Load]) -> list[Finding]:
    """Return every mistake that keeps the chain from being solved."""
    by_name = {node.name: node for node in nodes}
    found = [*_repeated(nodes, "nodes"), *_repeated(loads, "loads")]
    for node in nodes:
        found += _wrong_numbers(node)
        found += _wrong_feeds(node, by_name)
    for load in loads:
        found += _wrong_load(load, by_name)
    if not any(isinstance(node, Utility) for node in nodes):
        found.append(Finding("power", "there is no utility; name what feeds the chain"))
    frequencies = {node.frequency for node in nodes if isinstance(node, Utility)}
    if len(frequencies) > 1:
        words = " and ".join(f"{frequency:g}" for frequency in sorted(frequencies))
        found.append(Finding("power", f"utilities of {words} Hz in one chain"))
    cycles = list(_cycles(by_name))
    if not cycles:
        found += _unfed(nodes, loads, by_name)
        found += _never_called(nodes, by_name)
    return found + cycles


def _repeated(things: Sequence[Node] | Sequence[Load], what: str) -> Iterator[Finding]:
    for name, count in Counter(thing.name for thing in things).items():
        if count > 1:
            yield Finding(name, f"{count} {what} have this name; give each its own")


def _wrong_numbers(node: Node) -> Iterator[Finding]:
    if not 0 < node.voltage < math.inf:
        yield Finding(node.name, f"voltage must be above 0 V, got {node.voltage:g}")
    if not 0 < node.continuous_factor <= 1:
        yield Finding(node.name, f"continuous factor must be 0-1, got {node.continuous_factor:g}")
    lowest_is_open = not isinstance(node, Utility)
    if not 0 <= node.rating < math.inf or (lowest_is_open and node.rating == 0):
        yield Finding(node.name, f"a {node.kind} needs a rating above 0 VA, got {node.rating:g}")
        return
    currents = [("breaking", node.breaking), ("withstand", node.withstand)]
    every = [(f"{name} current [A]", 0.0, math.inf, value) for name, value in currents]
    for name, low, high, value in every + _own_numbers(node):
        if not low <= value <= high:
            yield Finding(node.name, f"{name} must be {low:g} to {high:g}, got {value:g}")
    yield from _wrong_table(node, "derating", node.derating)
    for share, _ in node.overload if isinstance(node, Ups) else ():
        if share < 1:
            yield Finding(node.name, f"an overload is more than its rating, got {share:g} of it")
    if isinstance(node, Ups) and node.battery is not None:
        yield from _wrong_table(node, "derating of its battery", node.battery.derating)
    if node.voltage > 0 and node.breaker > 0:
        conductors = getattr(node, "ampacity", 0.0) or node.full_load
        if node.breaker > conductors * (1 + 1e-9):
            message = (
                f"its breaker of {node.breaker:g} A is larger than the {conductors:g} A that it "
                "bears; it would not be protected"
            )
            yield Finding(node.name, message)
    elif isinstance(node, Line) and 0 < node.ampacity < node.full_load * (1 - 1e-9):
        message = f"its breaker of {node.full_load:g} A is larger than its cable of "
        yield Finding(node.name, message + f"{node.ampacity:g} A; it would not be protected")


def _wrong_table(node: Node, what: str, table: Table) -> Iterator[Finding]:
    temperatures = [T for T, _ in table]
    if temperatures != sorted(set(temperatures)):
        yield Finding(node.name, f"temperatures of its {what} must rise")
    for T, share in table:
        if not 0 <= share <= 1:
            yield Finding(node.name, f"{what} at {T:g} K must be a share of 0 to 1, got {share:g}")


def _own_numbers(node: Node) -> list[tuple[str, float, float, float]]:
    """Name, lowest and highest allowed value and value of what only this kind has."""
    match node:
        case Utility():
            return [
                ("short-circuit power [VA]", 1.0, math.inf, node.short_circuit_power),
                ("demand limit [W]", 0.0, math.inf, node.demand_limit),
                ("lowest power factor", 0.0, 1.0, node.power_factor_min),
                ("R over X", 0.0, 10.0, node.r_over_x),
            ]
        case Generator():
            return [
                (
                    "rated power [W]",
                    0.0,
                    node.rating,
                    node.rated_power,
                ),
                ("number of units", 1.0, math.inf, float(node.units)),
                ("start time [s]", 0.0, math.inf, node.start_time),
                ("load step", 0.0, 1.0, node.step),
                ("R over X", 0.0, 10.0, node.r_over_x),
                ("subtransient reactance [pu]", 1e-3, 1.0, node.reactance),
            ]
        case Transformer():
            return [
                ("no-load loss [W]", 0.0, node.rating, node.no_load_loss),
                ("load loss [W]", 0.0, node.rating, node.load_loss),
                ("no-load current [pu]", 0.0, 1.0, node.no_load_current),
                ("impedance [pu]", max(1e-6, node.load_loss / node.rating), 1.0, node.impedance),
                ("tap", -0.2, 0.2, node.tap),
            ]
        case Ups() | Rectifier():
            loss = [("loss coefficient", 0.0, 1.0, a) for a in node.loss_coefficients]
            real = node.real_rating if isinstance(node, Ups) else 0.0
            units = node.units if isinstance(node, Ups) else 1
            return [
                ("real rating [W]", 0.0, node.rating, real),
                ("input power factor", 0.01, 1.0, node.input_power_factor),
                ("number of units", 1.0, math.inf, float(units)),
                *loss,
            ]
        case Line():
            return [
                ("length [m]", 0.0, 1e6, node.length),
                ("resistance [ohm/m]", 0.0, 1e3, node.resistance),
                ("reactance [ohm/m]", 0.0, 1e3, node.reactance),
            ]
        case TransferSwitch() | Tie():
            return [("gap [s]", 0.0, math.inf, node.gap)]
    return []


def _wrong_feeds(node: Node, by_name: dict[str, Node]) -> Iterator[Finding]:
    if isinstance(node, Utility | Generator):
        if node.fed_by:
            names = ", ".join(node.fed_by)
            yield Finding(node.name, f"a {node.kind} is fed by nothing, got {names}")
        return
    yield from _unknown(node.name, node.fed_by, by_name)
    if isinstance(node, Tie):
        boards = [name for name in node.fed_by if isinstance(by_name.get(name), Board)]
        known = [name for name in node.fed_by if name in by_name]
        if len(node.fed_by) != 2 or len(boards) < len(known):
            got = " and ".join(f"{n} ({by_name[n].kind})" for n in known) or "none"
            yield Finding(node.name, f"a tie stands between two boards, got {got}")
    elif any(isinstance(by_name.get(name), Tie) for name in node.fed_by):
        yield Finding(node.name, "hangs on a tie; let one of its boards feed it")
    elif len(node.fed_by) > 1 and not isinstance(node, TransferSwitch):
        names = " and ".join(node.fed_by)
        yield Finding(
            node.name,
            f"is fed by {names} at once, which would parallel two sources; put a transfer switch "
            "before it, or a tie between the two",
        )
    for name in node.fed_by:
        if name in by_name:
            yield from _mismatch(node, by_name[name])


def _mismatch(node: Node, parent: Node) -> Iterator[Finding]:
    """A voltage or a current that does not fit the feed's."""
    if parent.direct and isinstance(node, Transformer | Ups | Rectifier):
        yield Finding(node.name, f"a {node.kind} wants alternating current, {parent.name} has none")
    elif isinstance(node, Rectifier):
        if not node.direct:
            yield Finding(node.name, "a rectifier gives direct current")
    elif parent.direct != node.direct:
        kinds = ("alternating", "direct")
        message = f"{kinds[node.direct]} current on a feed of {kinds[parent.direct]} current"
        yield Finding(node.name, f"{message} ({parent.name}); put a rectifier between them")
    elif not isinstance(node, Transformer) and not math.isclose(parent.voltage, node.voltage):
        yield Finding(
            node.name,
            f"{node.voltage:g} V on a feed of {parent.voltage:g} V ({parent.name}); "
            "put a transformer between them or correct one voltage",
        )


def _wrong_load(load: Load, by_name: dict[str, Node]) -> Iterator[Finding]:
    yield from _unknown(load.name, load.feeds, by_name)
    if not 0 < load.power_factor <= 1:
        yield Finding(
            load.name, f"power factor must be above 0, up to 1, got {load.power_factor:g}"
        )
    if load.phases not in PHASES:
        wanted = ", ".join(PHASES)
        yield Finding(load.name, f"has no phases {load.phases!r}; they are {wanted}")
    for feed in load.feeds:
        if feed in by_name and by_name[feed].direct and load.phases != PHASES[0]:
            message = f"hangs on phases {load.phases!r} of {feed}, which has direct current"
            yield Finding(load.name, message)
    if load.window is not None:
        yield from _outside_window(load, by_name)
    if load.ratings is not None:
        if len(load.ratings) != len(load.feeds):
            yield Finding(load.name, f"{len(load.ratings)} ratings for {len(load.feeds)} feeds")
        without = [f for f, rating in zip(load.feeds, load.ratings, strict=False) if rating <= 0]
        if without:
            names = " and ".join(without)
            yield Finding(load.name, f"has no power supply on {names}; fewer feeds or more shelves")
    if load.shares is None:
        return
    if len(load.shares) != len(load.feeds):
        yield Finding(load.name, f"{len(load.shares)} shares for {len(load.feeds)} feeds")
    if not all(share >= 0 for share in load.shares) or not 0 < sum(load.shares) < math.inf:
        yield Finding(load.name, f"shares must be 0 or more and one above 0, got {load.shares}")


def _outside_window(load: Load, by_name: dict[str, Node]) -> Iterator[Finding]:
    """A feed whose nominal voltage the load does not bear."""
    assert load.window is not None
    low, high = load.window
    for feed in load.feeds:
        if feed not in by_name:
            continue
        volts = by_name[feed].voltage / (math.sqrt(3.0) if len(load.phases) == 1 else 1.0)
        if not low <= volts <= high:
            message = f"works at {low:g} to {high:g} V, {feed} gives it {volts:.0f} V"
            yield Finding(load.name, message)


def _unknown(name: str, feeds: tuple[str, ...], by_name: dict[str, Node]) -> Iterator[Finding]:
    if not feeds:
        yield Finding(name, "is fed from nowhere; name at least one node that feeds it")
    for feed, count in Counter(feeds).items():
        if count > 1:
            yield Finding(name, f"names its feed {feed} {count} times")
        if feed not in by_name:
            near = get_close_matches(feed, by_name, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            yield Finding(name, f"is fed by '{feed}', which does not exist{hint}")


def _cycles(by_name: dict[str, Node]) -> Iterator[Finding]:
    """Nodes left when those without parents, then those without children, are taken away."""
    left = {
        name: set(node.fed_by) & set(by_name)
        for name, node in by_name.items()
        if not isinstance(node, Tie)
    }
    ties = set(by_name) - set(left)
    left = {name: parents - ties for name, parents in left.items()}
    while tops := [name for name, parents in left.items() if not parents]:
        left = {name: parents - set(tops) for name, parents in left.items() if name not in tops}
    while ends := set(left) - set().union(*left.values()):
        left = {name: parents - ends for name, parents in left.items() if name not in ends}
    for name, parents in left.items():
        yield Finding(name, f"is fed by itself through {', '.join(sorted(parents))}")


def _unfed(
    nodes: Sequence[Node], loads: Sequence[Load], by_name: dict[str, Node]
) -> Iterator[Finding]:
    """Nodes and loads that no utility reaches in the normal state: a loop without a source."""
    fed = _below(nodes, {node.name for node in nodes if isinstance(node, Utility)})
    behind = _below(nodes, {node.name for node in nodes if isinstance(node, Generator)})
    for thing, feeds in [(n, n.fed_by) for n in nodes] + [(x, x.feeds) for x in loads]:
        known = all(feed in by_name for feed in feeds)
        is_load = isinstance(thing, Load)
        if isinstance(thing, Tie):
            continue
        if known and feeds and thing.name not in fed and not set(feeds) & fed:
            if not is_load and thing.name in behind:
                continue  # waits for its generator
            yield Finding(thing.name, "no utility feeds it in the normal state")


def _below(nodes: Sequence[Node], sources: set[str]) -> set[str]:
    """Names of some sources and of all that they may feed, ties left out."""
    found, grown = set(sources), True
    while grown:
        more = {
            node.name
            for node in nodes
            if node.name not in found and not isinstance(node, Tie) and set(node.fed_by) & found
        }
        found, grown = found | more, bool(more)
    return found


def _never_called(nodes: Sequence[Node], by_name: dict[str, Node]) -> Iterator[Finding]:
    """Generators below which no transfer switch calls for them."""
    for node in nodes:
        if isinstance(node, Generator):
            below = [by_name[name] for name in _below(nodes, {node.name})]
            if not any(isinstance(other, TransferSwitch) for other in below):
                message = "no transfer switch is fed by it, so that it would never start"
                yield Finding(node.name, message)
