"""Everything about the description of a network that cannot be solved."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geometry.errors import Finding
from thermal.liquid.parts import Control, Link, Node


def findings_of(
    links: Sequence[Link], nodes: Sequence[Node], controls: Sequence[Control]
) -> Iterator[Finding]:
    """Everything about a network that cannot be solved, as Finding."""
    yield from _twice([node.name for node in nodes], "node")
    yield from _twice([link.name for link in links], "link")
    known = {node.name for node in nodes}
    for link in links:
        for end in {link.tail, link.head} - known:
            yield Finding(link.name, f"ends at {end!r}; known nodes are {', '.join(sorted(known))}")
        if link.tail == link.head:
            yield Finding(link.name, f"begins and ends at {link.tail!r}; wanted two nodes")
        if not (link.pipes or link.losses or link.couplings or link.valve or link.pump):
            yield Finding(link.name, "has no part with a loss; wanted a pipe, a loss, a valve, ...")
        for where, value in _positive_numbers(link):
            if not value > 0:
                yield Finding(where, f"{value:g}; wanted more than 0")
    yield from _unheld(links, nodes)
    yield from _control_findings(links, nodes, controls)


def _twice(names, kind):
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(name, f"{names.count(name)} {kind}s have this name; wanted one")


def _positive_numbers(link):
    """Numbers of a link that must be more than 0, with where they stand."""
    for part in link.pipes:
        yield f"{link.name}.pipe.length", part.length
        yield f"{link.name}.pipe.diameter", part.diameter
    for loss in link.losses:
        for number in ("dp_nominal", "V_flow_nominal", "exponent"):
            yield f"{link.name}.{number}", getattr(loss, number)
    for coupling in link.couplings:
        yield f"{link.name}.Kv", coupling.Kv
    if link.valve:
        yield f"{link.name}.valve.Kv", link.valve.Kv
        yield f"{link.name}.valve.rangeability", link.valve.rangeability


def _unheld(links, nodes):
    """Parts of the network in which nothing holds the pressure."""
    known = {node.name: n for n, node in enumerate(nodes)}
    ends = [(known[a.tail], known[a.head]) for a in links if {a.tail, a.head} <= set(known)]
    graph = coo_array(
        (np.ones(len(ends)), tuple(np.array(ends, int).reshape(-1, 2).T)), shape=(len(nodes),) * 2
    )
    count, part = connected_components(graph, directed=False)
    for number in range(count):
        inside = [node for node, of in zip(nodes, part, strict=True) if of == number]
        if all(node.pressure is None for node in inside):
            names = ", ".join(node.name for node in inside[:4]) + (", ..." if inside[4:] else "")
            yield Finding(
                names, "nothing holds the pressure; wanted one node with a pressure (a vessel)"
            )


def _control_findings(links, nodes, controls):
    groups = {group_of(link) for link in links if link.pump}
    known, known_links = {node.name for node in nodes}, {link.name for link in links}
    yield from _twice([control.group for control in controls], "control")
    for control in controls:
        where = f"control of {control.group}"
        if control.group not in groups:
            yield Finding(where, f"no pump of this group; groups are {', '.join(sorted(groups))}")
        if not control.target > 0:
            yield Finding(where, f"target {control.target:g}; wanted more than 0")
        if (control.high is None) != (control.low is None) or bool(control.links) == bool(
            control.high
        ):
            yield Finding(where, "wanted either nodes `high` and `low`, or `links`")
        for node in {control.high, control.low} - known - {None}:
            yield Finding(where, f"no node {node!r}")
        for link in set(control.links) - known_links:
            yield Finding(where, f"no link {link!r}")


def group_of(link: Link) -> str:
    """Name of the group that a pump turns with."""
    assert link.pump is not None, f"{link.name} has no pump"
    return link.pump.group or link.name
