"""Ready power systems of a case: each stands for a transformer, UPS and board a path.

They are written out as nodes of the chain before anything is checked, at their line of the file.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from rehall.schema.base import Description, Name
from rehall.schema.document import Node
from rehall.schema.hall import EntryName

PATHS = {"N": 1, "N+1": 1, "2N": 2, "3N/2": 3, "4N/3": 4}
LETTERS = "ABCDEFGHIJKLMNOPQ"
CATCHER = "R"


class SystemSpec(Description):
    """A power system by its redundancy. Its output boards, on which loads hang, are `NAME-A`, ...

    `N` and `N+1` have one path (the UPS of N+1 one module more than the `modules` needed), `2N`
    two, `3N/2` three and `4N/3` four, of which each load hangs on two; `block_redundant` has
    `blocks` paths and one in reserve, which a static switch at each output takes. `fed_by` names
    what feeds the paths, in turn. A path is a transformer, a UPS, a rectifier, a board: those that
    are named, and a board always. `switch` is the entry of the static switches.
    """

    name: Name
    redundancy: Literal["N", "N+1", "2N", "3N/2", "4N/3", "block_redundant"]
    fed_by: Name | Annotated[tuple[Name, ...], Field(min_length=1)]
    transformer: EntryName | None = None
    ups: EntryName | None = None
    rectifier: EntryName | None = None
    board: EntryName
    switch: EntryName | None = None
    modules: Annotated[int, Field(strict=True, ge=1, le=50)] | None = None
    blocks: Annotated[int, Field(strict=True, ge=2, le=16)] | None = None

    @model_validator(mode="after")
    def parts_fit_the_redundancy(self) -> Self:
        """Refuse what a pattern lacks or has no use for."""
        for key, of in (("modules", "N+1"), ("blocks", "block_redundant")):
            given = getattr(self, key) is not None
            if given != (self.redundancy == of):
                word = "has no use for" if given else "wants"
                raise ValueError(f"{self.redundancy} {word} {key}")
        if (self.switch is not None) != (self.redundancy == "block_redundant"):
            word = "has no use for" if self.switch else "wants"
            raise ValueError(f"{self.redundancy} {word} a switch, the entry of static switches")
        if self.redundancy in ("N+1", "block_redundant") and self.ups is None:
            raise ValueError(f"{self.redundancy} wants a ups")
        return self


def with_systems(root: Node) -> Node:
    """The tree of a case whose ready systems are written out among the nodes of the chain.

    What is not well formed is left alone: the check of the form refuses it.
    """
    power = root.value.get("power") if isinstance(root.value, dict) else None
    systems = power.value.get("systems") if power is not None and _is(power, dict) else None
    if power is None or systems is None or not _is(systems, list):
        return root
    there = power.value.get("nodes")
    nodes = there.value if there is not None and _is(there, list) else []
    made = [node for system in systems.value for node in _nodes(system)]
    joined = Node([*nodes, *made], power.file, there.line if there is not None else power.line)
    inside = Node({**power.value, "nodes": joined}, power.file, power.line)
    return Node({**root.value, "power": inside}, root.file, root.line)


def _is(node: Node, kind: type) -> bool:
    return isinstance(node.value, kind)


def _nodes(system: Node) -> Iterator[Node]:
    """The nodes of one system, in the order of its paths."""
    if not _is(system, dict):
        return
    given = {key: _plain(node) for key, node in system.value.items()}
    try:
        spec = SystemSpec.model_validate(given)
    except ValueError:
        return
    for entry in written_out(spec):
        inner = {key: _as_node(value, system) for key, value in entry.items()}
        yield Node(inner, system.file, system.line)


def written_out(spec: SystemSpec) -> list[dict[str, Any]]:
    """The nodes of a system as they would stand in the file.

    >>> spec = SystemSpec(name="S", redundancy="2N", fed_by="grid", board="board_4000", ups="u")
    >>> [(node["name"], node["fed_by"]) for node in written_out(spec)]
    [('S-UA', 'grid'), ('S-A', 'S-UA'), ('S-UB', 'grid'), ('S-B', 'S-UB')]
    """
    reserved = spec.redundancy == "block_redundant"
    letters = LETTERS[: spec.blocks if reserved else PATHS[spec.redundancy]]
    feeds = (spec.fed_by,) if isinstance(spec.fed_by, str) else spec.fed_by
    found: list[dict[str, Any]] = []
    for n, letter in enumerate(letters + CATCHER if reserved else letters):
        at = feeds[n % len(feeds)]
        for what, of in _parts(spec):
            found.append({"name": f"{spec.name}-{what}{letter}", "of": of, "fed_by": at})
            at = f"{spec.name}-{what}{letter}"
        if reserved and letter != CATCHER:
            taken = [at, f"{spec.name}-U{CATCHER}"]
            found.append({"name": f"{spec.name}-S{letter}", "of": spec.switch, "fed_by": taken})
            at = f"{spec.name}-S{letter}"
        if letter != CATCHER:
            found.append({"name": f"{spec.name}-{letter}", "of": spec.board, "fed_by": at})
    return found


def _parts(spec: SystemSpec) -> Iterator[tuple[str, Any]]:
    """Letter and entry of what a path has before its board."""
    if spec.transformer is not None:
        yield "T", spec.transformer
    if spec.ups is not None:
        needed = spec.modules
        yield "U", spec.ups if needed is None else {"like": spec.ups, "modules": needed + 1}
    if spec.rectifier is not None:
        yield "D", spec.rectifier


def _plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: _plain(inner) for key, inner in node.value.items()}
    return [_plain(inner) for inner in node.value] if isinstance(node.value, list) else node.value


def _as_node(value: Any, at: Node) -> Node:
    if isinstance(value, dict):
        value = {key: _as_node(inner, at) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_as_node(inner, at) for inner in value]
    return Node(value, at.file, at.line)
