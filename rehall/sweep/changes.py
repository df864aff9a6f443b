"""The document of a case with other values in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from geometry.errors import InputError
from rehall.config import Case
from rehall.layout import Item
from rehall.schema.document import CasePath, Document, Node, flatten, number
from rehall.schema.equipment import Piece
from rehall.sweep.paths import at, name_of, pieces_of, places_of

ABSENT, PRESENT = "absent", "present"
"""Values that take an input, or a piece of equipment, out of the case or leave it as it is."""


@dataclass(frozen=True)
class Change:
    """A value for every input that a path leads to."""

    path: str
    value: Any


def changed(case: Case, changes: Sequence[Change]) -> Document:
    """The document of a case with other values, later ones over earlier ones.

    Raises `InputError` where a path leads nowhere. Rows of which a piece is named become units.
    """
    root = case.document.nodes[()]
    named = {item.name: item for change in changes for item in pieces_of(case, change.path)}
    root = _apart(case, root, {item.group for item in named.values()})
    for change in changes:
        places = places_of(case, root, change.path)
        if change.value in (ABSENT, PRESENT):
            places = [where for where in places if at(root, where) is not None]
            if not places:
                message = f"{change.path!r} is not in the case; it has to be, to be left out"
                raise InputError.of("--vary", message)
        if change.value == PRESENT:
            continue
        for where in sorted(places, key=_order, reverse=True):  # later items of a list go first
            root = _with(root, where, change.value)
    root = _copy(root)
    number(root, ())
    nodes: dict[CasePath, Node] = {}
    return Document(case.document.path, flatten(root, (), nodes), nodes, case.document.texts)


def _order(where: CasePath) -> list[tuple[int, str]]:
    return [(key, "") if isinstance(key, int) else (-1, key) for key in where]


def _with(node: Node, where: CasePath, value: Any) -> Node:
    """The tree with a value in one place; what is on the way there is made where it is missing."""
    if not where:
        return _node(value, node)
    key, rest = where[0], where[1:]
    if isinstance(node.value, list):
        assert isinstance(key, int), "an item of a list has a number"
        items = list(node.value)
        if value == ABSENT and (not rest or rest in (("row",), ("unit",))):
            del items[key]
        else:
            items[key] = _with(items[key], rest, value)
        return replace(node, value=items)
    # An entry of the catalogue by its name is written out where something in it is another.
    entries = dict(node.value) if isinstance(node.value, dict) else {"like": node}
    if value == ABSENT and not rest:
        entries.pop(key)
    else:
        entries[key] = _with(entries.get(key, replace(node, value={})), rest, value)
    return replace(node, value=entries)


def _node(value: Any, like: Node) -> Node:
    """A plain value as a node, at the place of the one that it replaces."""
    if isinstance(value, dict):
        return replace(like, value={str(k): _node(v, like) for k, v in value.items()})
    if isinstance(value, list):
        return replace(like, value=[_node(v, like) for v in value])
    return replace(like, value=value)


def _copy(node: Node) -> Node:
    """A tree of its own: numbering writes into its nodes."""
    if isinstance(node.value, dict):
        return replace(node, value={k: _copy(v) for k, v in node.value.items()})
    if isinstance(node.value, list):
        return replace(node, value=[_copy(v) for v in node.value])
    return replace(node)


def _apart(case: Case, root: Node, rows: set[str]) -> Node:
    """The tree with some rows as single units."""
    if not rows:
        return root
    lines = list[Node]()
    for line in root.value["equipment"].value:
        row = line.value.get("row")
        if row is None or name_of(row) not in rows:
            lines.append(line)
            continue
        own = [item for item in case.items if item.where == row.where]
        lines += [replace(line, value={"unit": _unit(row, item)}) for item in own]
    equipment = replace(root.value["equipment"], value=lines)
    return replace(root, value={**root.value, "equipment": equipment})


def _unit(row: Node, item: Item) -> Node:
    """One piece of a row as a unit of its own."""
    keys = {key: node for key, node in row.value.items() if key in Piece.model_fields}
    own: dict[str, Any] = {"name": item.name, "at": [f"{x:.9g} m" for x in item.box.lower[:2]]}
    if "phases" in keys:  # of a row they may rotate
        own["phases"] = item.phases
    return replace(row, value={**keys, **{key: _node(value, row) for key, value in own.items()}})
