"""Inputs of a case by their path: where in the file they stand.

A path goes from section to key, with names, numbers or `*` in brackets where there is a list:
`site.outdoor.dry_bulb`, `liquid.loops[tcs].supply`. It may begin with the name of anything in the
hall, or with a kind of equipment: `FW*.supply`, `A.power`, `cooling_units[*].air_flow`. A piece of
a row has its own name: `A05.of`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from geometry.errors import InputError
from rehall.config import Case
from rehall.layout import Item
from rehall.schema.base import nearest
from rehall.schema.case import CaseFile
from rehall.schema.document import CasePath, Node
from rehall.schema.entries import SERVERS, Cdu, CoolingUnit

PART = re.compile(r"\s*(?:\.?\s*([^.\[\]]+)|\[([^\]]*)\])")
KINDS: dict[str, Any] = {"cooling_units": CoolingUnit, "cdus": Cdu, "racks": SERVERS}
SECTIONS = tuple(CaseFile.model_fields)
NAMED = ("hall", "equipment", "liquid", "power")
"""Sections with things whose name may begin a path."""
SYSTEMS = ("power", "systems")
"""Is written out into nodes of the chain before anything else reads it."""


@dataclass(frozen=True)
class Part:
    """One step of a path: a key, or what stands in brackets."""

    text: str
    inside: bool


def parts_of(path: str) -> list[Part]:
    """Split a path at its dots and brackets.

    >>> [part.text for part in parts_of("liquid.loops[tcs].supply")]
    ['liquid', 'loops', 'tcs', 'supply']
    """
    found, at = list[Part](), 0
    while at < len(path) or not found:
        match = PART.match(path, at)
        if match is None:
            raise InputError.of("--vary", f"{path!r} is no path; wanted one like 'FW*.supply'")
        key, inside = match.groups()
        found.append(Part((key if inside is None else inside).strip(), inside is not None))
        at = match.end()
    return found


def places_of(case: Case, root: Node, path: str) -> list[CasePath]:
    """Where the inputs of a path stand in a tree of the case; refused where it leads nowhere.

    A key that is not there yet has a place too: most inputs need not be given.
    """
    places = list(_places(case, root, parts_of(path)))
    if not places:
        raise InputError.of("--vary", _nowhere(case, root, path))
    if any(where[:2] == SYSTEMS for where in places):
        message = f"{path!r}: systems are written out before; vary their nodes, like 'S-UA.of'"
        raise InputError.of("--vary", message)
    return places


def pieces_of(case: Case, path: str) -> list[Item]:
    """Pieces of rows that a path names, where it does not name their row."""
    parts = parts_of(path)
    first = parts[0].text
    bracketed = first in KINDS or first == "equipment"
    if first in SECTIONS and not bracketed:
        return []
    if bracketed and (len(parts) < 2 or not parts[1].inside):
        return []
    name = parts[1].text if bracketed else first
    pieces = [item for item in case.items if first not in KINDS or _is_a(item, first)]
    return [i for i in pieces if fnmatchcase(i.name, name) and not fnmatchcase(i.group, name)]


def at(root: Node, where: CasePath) -> Node | None:
    """What stands in a place; None where nothing does."""
    node = root
    for key in where:
        inner = node.value
        if isinstance(inner, dict):
            known = key in inner
        else:
            known = isinstance(inner, list) and isinstance(key, int) and key < len(inner)
        if not known:
            return None
        node = inner[key]
    return node


def name_of(node: Node) -> str | None:
    """The name that something in the file has."""
    if isinstance(node.value, dict) and "name" in node.value:
        return str(node.value["name"].value)
    return None


def line_of(node: Node) -> Node:
    """The row or unit of a line of equipment; anything else as it is."""
    if isinstance(node.value, dict) and len(node.value) == 1 and set(node.value) <= {"row", "unit"}:
        (inner,) = node.value.values()
        return inner if isinstance(inner.value, dict) else node
    return node


def _places(case: Case, root: Node, parts: Sequence[Part]) -> Iterator[CasePath]:
    first, rest = parts[0].text, parts[1:]
    if first in SECTIONS:
        if first in root.value:
            yield from _below(case, root.value[first], (first,), rest)
        elif not any(part.inside for part in rest):
            yield (first, *(part.text for part in rest))
        return
    kind, name = None, first
    if first in KINDS:
        kind, name = first, "*"
        if rest and rest[0].inside:
            name, rest = rest[0].text, rest[1:]
    for where, node in _named(root):
        if _is_called(case, node, name, kind):
            yield from _below(case, node, where, rest)


def _named(root: Node) -> Iterator[tuple[CasePath, Node]]:
    """Everything in the hall, the liquid and the chain that has a name."""

    def inside(node: Node, where: CasePath) -> Iterator[tuple[CasePath, Node]]:
        if name_of(node) is not None:
            yield where, node
        if isinstance(node.value, dict):
            for key, inner in node.value.items():
                if key != "of":
                    yield from inside(inner, (*where, key))
        elif isinstance(node.value, list):
            for n, inner in enumerate(node.value):
                yield from inside(inner, (*where, n))

    for section in NAMED:
        if section in root.value:
            yield from inside(root.value[section], (section,))


def _is_called(case: Case, node: Node, name: str, kind: str | None = None) -> bool:
    """Whether something has a name that fits, or is a piece of a row that has; of a kind."""
    own = name_of(node)
    if own is None:
        return False
    pieces = [item for item in case.items if own in (item.name, item.group)]
    if kind is not None and not any(_is_a(item, kind) for item in pieces):
        return False
    rows = {item.group for item in pieces if item.name == own}
    return any(fnmatchcase(called, name) for called in (own, *rows))


def _is_a(item: Item, kind: str) -> bool:
    return isinstance(item.entry, KINDS[kind])


def _below(case: Case, node: Node, where: CasePath, parts: Sequence[Part]) -> Iterator[CasePath]:
    """Places that the rest of a path leads to."""
    if not parts:
        yield where
        return
    part, rest = parts[0], parts[1:]
    if isinstance(node.value, list):
        inner = [(n, one) for n, one in enumerate(node.value)]
        found = [n for n, one in inner if _is_called(case, line_of(one), part.text)]
        if not found:
            found = [n for n, _ in inner if part.text in ("*", str(n))]
        for n in found:
            yield from _below(case, node.value[n], (*where, n), rest)
    elif isinstance(node.value, dict):
        line = line_of(node)
        if line is not node and part.text not in node.value:
            (key,) = node.value
            yield from _below(case, line, (*where, key), parts)
        elif part.text in node.value:
            yield from _below(case, node.value[part.text], (*where, part.text), rest)
        elif not any(step.inside for step in parts):
            yield (*where, *(step.text for step in parts))
    elif where[-1] == "of" and not any(step.inside for step in parts):
        yield (*where, *(step.text for step in parts))  # an entry by its name, and what differs


def _nowhere(case: Case, root: Node, path: str) -> str:
    """What to say of a path that leads nowhere: how far it leads, and what is nearest there."""
    parts, told = parts_of(path), f"{path!r} leads to nothing in {case.path.name}"
    for n in range(len(parts) - 1, 0, -1):
        there = [found for w in _places(case, root, parts[:n]) if (found := at(root, w))]
        if there:
            known = {one for node in there for one in _known(node)}
            if parts[n - 1].text in KINDS and parts[n].inside:
                known = _names(item for item in case.items if _is_a(item, parts[0].text))
            if not known:
                return f"{told}; {parts[n - 1].text!r} has nothing inside"
            return f"{told}; in {parts[n - 1].text!r} {nearest(parts[n].text, sorted(known))}"
    known = {*SECTIONS, *KINDS, *case.places, *_names(case.items)}
    known |= {name for _, node in _named(root) if (name := name_of(node))}
    return f"{told}; {nearest(parts[0].text, sorted(known))}"


def _names(items: Iterable[Item]) -> set[str]:
    return {name for item in items for name in (item.name, item.group)}


def _known(node: Node) -> Iterator[str]:
    """What a path can go on with from here."""
    if isinstance(node.value, dict):
        yield from node.value
    elif isinstance(node.value, list):
        for n, inner in enumerate(node.value):
            yield name_of(line_of(inner)) or str(n)
