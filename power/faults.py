"""What is wrong with a description of the power chain: all findings at once."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from geometry.errors import Finding
from power.nodes import Line, Load, Node, Transformer, Ups, Utility


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
    return found + list(_cycles(by_name))


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
    for name, low, high, value in _own_numbers(node):
        if not low <= value <= high:
            yield Finding(node.name, f"{name} must be {low:g} to {high:g}, got {value:g}")


def _own_numbers(node: Node) -> list[tuple[str, float, float, float]]:
    """Name, lowest and highest allowed value and value of what only this kind has."""
    match node:
        case Utility():
            return [
                ("short-circuit power [VA]", 1.0, math.inf, node.short_circuit_power),
                ("demand limit [W]", 0.0, math.inf, node.demand_limit),
            ]
        case Transformer():
            return [
                ("no-load loss [W]", 0.0, node.rating, node.no_load_loss),
                ("load loss [W]", 0.0, node.rating, node.load_loss),
                ("no-load current [pu]", 0.0, 1.0, node.no_load_current),
                ("impedance [pu]", max(1e-6, node.load_loss / node.rating), 1.0, node.impedance),
            ]
        case Ups():
            loss = [("loss coefficient", 0.0, 1.0, a) for a in node.loss_coefficients]
            return [
                ("real rating [W]", 0.0, node.rating, node.real_rating),
                ("input power factor", 0.01, 1.0, node.input_power_factor),
                *loss,
            ]
        case Line():
            return [
                ("length [m]", 0.0, 1e6, node.length),
                ("resistance [ohm/m]", 0.0, 1e3, node.resistance),
                ("reactance [ohm/m]", 0.0, 1e3, node.reactance),
            ]
    return []


def _wrong_feeds(node: Node, by_name: dict[str, Node]) -> Iterator[Finding]:
    if isinstance(node, Utility):
        if node.fed_by:
            yield Finding(node.name, f"a utility is fed by nothing, got {', '.join(node.fed_by)}")
        return
    yield from _unknown(node.name, node.fed_by, by_name)
    for name in node.fed_by:
        parent = by_name.get(name)
        changes_voltage = isinstance(node, Transformer)
        if parent and not changes_voltage and not math.isclose(parent.voltage, node.voltage):
            yield Finding(
                node.name,
                f"{node.voltage:g} V on a feed of {parent.voltage:g} V ({name}); "
                "put a transformer between them or correct one voltage",
            )


def _wrong_load(load: Load, by_name: dict[str, Node]) -> Iterator[Finding]:
    yield from _unknown(load.name, load.feeds, by_name)
    if not 0 < load.power_factor <= 1:
        yield Finding(
            load.name, f"power factor must be above 0, up to 1, got {load.power_factor:g}"
        )
    if load.shares is None:
        return
    if len(load.shares) != len(load.feeds):
        yield Finding(load.name, f"{len(load.shares)} shares for {len(load.feeds)} feeds")
    if not all(share >= 0 for share in load.shares) or not 0 < sum(load.shares) < math.inf:
        yield Finding(load.name, f"shares must be 0 or more and one above 0, got {load.shares}")


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
    left = {name: set(node.fed_by) & set(by_name) for name, node in by_name.items()}
    while tops := [name for name, parents in left.items() if not parents]:
        left = {name: parents - set(tops) for name, parents in left.items() if name not in tops}
    while ends := set(left) - set().union(*left.values()):
        left = {name: parents - ends for name, parents in left.items() if name not in ends}
    for name, parents in left.items():
        yield Finding(name, f"is fed by itself through {', '.join(sorted(parents))}")
