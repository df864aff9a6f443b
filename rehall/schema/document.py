"""YAML files as plain data in which every value knows its file and line; includes merged."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError, YAMLWarning
from ruamel.yaml.scalarbool import ScalarBoolean

from geometry.errors import Finding, InputError

LARGEST_FILE = 2_000_000  # bytes; a hall of 1,500 miners needs 10 kB
LARGEST_TREE = 200_000  # values, against anchors that unfold without end

CasePath = tuple[str | int, ...]


@dataclass
class Node:
    """A value of the file: a scalar, a dict of nodes or a list of nodes."""

    value: Any
    file: Path
    line: int
    where: CasePath = ()


@dataclass(frozen=True)
class Document:
    """A case file with its includes: plain data, the node behind every value, the texts read."""

    path: Path
    data: dict[str, Any]
    nodes: dict[CasePath, Node]
    texts: dict[Path, str]

    def place(self, where: CasePath) -> tuple[Path, int]:
        """Return file and line of a value, or of the nearest thing around it."""
        node, _ = self.nearest(where)
        return node.file, node.line

    def nearest(self, where: CasePath) -> tuple[Node, CasePath]:
        """Return the node of a path, or the one around it, and what of the path lies beyond."""
        length = next(n for n in range(len(where), -1, -1) if where[:n] in self.nodes)
        return self.nodes[where[:length]], where[length:]

    def finding(self, where: CasePath, message: str) -> Finding:
        """Return a finding placed at a value of the file."""
        node, beyond = self.nearest(where)
        return Finding(dotted((*node.where, *beyond)), message, node.file, node.line)

    def without(self, wrong: Iterable[CasePath]) -> "Document":
        """Return the document less the list items (or single values) that hold wrong values."""
        dropped = {item_around(where) for where in wrong}
        root = pruned(self.nodes[()], (), dropped)
        nodes: dict[CasePath, Node] = {}
        return Document(self.path, flatten(root, (), nodes), nodes, self.texts)


def dotted(where: CasePath) -> str:
    """Return a path as text.

    >>> dotted(("equipment", 2, "row", "pitch"))
    'equipment[2].row.pitch'
    """
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read_document(path: Path, write_out: Callable[[Node], Node] = lambda root: root) -> Document:
    """Read a case file and what it includes; `write_out` may put more in place of what it has."""
    texts: dict[Path, str] = {}
    root = write_out(read_tree(Path(path), (), texts))
    number(root, ())
    nodes: dict[CasePath, Node] = {}
    return Document(Path(path), flatten(root, (), nodes), nodes, texts)


def read_tree(path: Path, including: tuple[Path, ...], texts: dict[Path, str]) -> Node:
    """Read one file, and merge it over the files it includes."""
    text = read_text(path)
    texts[path] = text
    root = parse(text, path)
    included = root.value.pop("include", None)
    for node in include_nodes(included):
        target = (path.parent / str(node.value)).resolve()
        chain = (*including, path.resolve())
        if target in chain:
            raise InputError([Finding("include", f"{node.value} includes itself", path, node.line)])
        if not target.is_file():
            raise InputError([Finding("include", f"no file {node.value!r}", path, node.line)])
        root = merged(read_tree(path.parent / str(node.value), chain, texts), root)
    return root


def include_nodes(included: Node | None) -> list[Node]:
    """Return the files named by `include: a.yaml` or `include: [a.yaml, b.yaml]`, last first."""
    if included is None:
        return []
    nodes = included.value if isinstance(included.value, list) else [included]
    wrong = [node for node in nodes if not isinstance(node.value, str)]
    if wrong:
        message = "wanted the name of a YAML file, or a list of names"
        raise InputError([Finding("include", message, wrong[0].file, wrong[0].line)])
    return list(reversed(nodes))


def read_text(path: Path) -> str:
    """Return the text of a file, refused where it is no plausible case."""

    def refuse(message: str) -> InputError:
        return InputError([Finding("", message, path, None)])

    if path.is_dir():
        raise refuse("is a folder; wanted a YAML file")
    if not path.is_file():
        raise refuse("no such file")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise refuse(f"has {size / 1e6:.1f} MB; a case file has at most {LARGEST_FILE / 1e6:g} MB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise InputError([Finding("", "is not text in UTF-8", path, line)]) from error
    except OSError as error:
        raise refuse(f"cannot be read: {error.strerror}") from error
    if not text.strip():
        raise refuse("is empty")
    return text


def parse(text: str, path: Path) -> Node:
    """Parse one YAML text whose top is a mapping."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", YAMLWarning)  # an anchor given twice
            raw = YAML(typ="rt").load(StringIO(text))
        if isinstance(raw, CommentedMap):
            return to_node(raw, path, 1, [LARGEST_TREE])
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"malformed YAML: {error.problem or error.context}"
        raise InputError([Finding("", message, path, mark.line + 1 if mark else None)]) from error
    except TypeError as error:  # ruamel, on a mapping or list as a key
        raise InputError([Finding("", "malformed YAML: a key is no text", path, None)]) from error
    except (YAMLError, YAMLWarning, ValueError, RecursionError) as error:
        message = f"malformed YAML: {' '.join(str(error).split())[:200]}"
        raise InputError([Finding("", message, path, None)]) from error
    message = "wanted sections (site:, hall:, equipment:, ...)"
    raise InputError([Finding("", f"found {type_name(raw)}, {message}", path, 1)])


def to_node(raw: Any, path: Path, line: int, budget: list[int]) -> Node:
    """Return ruamel's value as a node; `budget` counts the values still allowed."""
    budget[0] -= 1
    if budget[0] < 0:
        raise InputError([Finding("", f"has more than {LARGEST_TREE} values", path, line)])
    if isinstance(raw, CommentedMap):
        lines = {key: position[0] + 1 for key, position in (raw.lc.data or {}).items()}
        inner = {
            str(key): to_node(value, path, lines.get(key, line), budget)
            for key, value in raw.items()
        }
        return Node(inner, path, line)
    if isinstance(raw, CommentedSeq):
        lines = {index: position[0] + 1 for index, position in (raw.lc.data or {}).items()}
        return Node(
            [to_node(value, path, lines.get(i, line), budget) for i, value in enumerate(raw)],
            path,
            line,
        )
    return Node(plain(raw), path, line)


def plain(raw: Any) -> Any:
    """Return a scalar without ruamel's own types."""
    if raw is None or isinstance(raw, bool):
        return raw
    if isinstance(raw, ScalarBoolean):
        return bool(raw)
    for kind in (int, float, str):
        if isinstance(raw, kind):
            return kind(raw)
    return str(raw)  # a date or a tag: no key wants one, its text goes into the message


def merged(below: Node, above: Node) -> Node:
    """Return two trees as one: mappings merge, lists are joined, other values replaced."""
    if isinstance(below.value, dict) and isinstance(above.value, dict):
        joined = dict(below.value)
        for key, node in above.value.items():
            joined[key] = merged(joined[key], node) if key in joined else node
        return Node(joined, above.file, above.line)
    if isinstance(below.value, list) and isinstance(above.value, list):
        return Node(below.value + above.value, above.file, above.line)
    return above


def number(node: Node, where: CasePath) -> None:
    """Write into every node where it stands in the merged case."""
    node.where = where
    for key, inner in children(node):
        number(inner, (*where, key))


def children(node: Node) -> Iterable[tuple[str | int, Node]]:
    """Return the nodes directly inside a node, with their keys."""
    if isinstance(node.value, dict):
        return node.value.items()
    return enumerate(node.value) if isinstance(node.value, list) else ()


def flatten(node: Node, where: CasePath, nodes: dict[CasePath, Node]) -> Any:
    """Return plain data of a tree, and note the node of every value in it."""
    nodes[where] = node
    if isinstance(node.value, dict):
        return {key: flatten(inner, (*where, key), nodes) for key, inner in node.value.items()}
    if isinstance(node.value, list):
        return [flatten(inner, (*where, i), nodes) for i, inner in enumerate(node.value)]
    return node.value


def item_around(where: CasePath) -> CasePath:
    """Return the path of the outermost list item that holds a value, or the value itself."""
    first = next((i for i, part in enumerate(where) if isinstance(part, int)), None)
    return where if first is None else where[: first + 1]


def pruned(node: Node, where: CasePath, dropped: set[CasePath]) -> Node:
    """Return a tree without the dropped paths."""
    kept = [
        (key, pruned(inner, (*where, key), dropped))
        for key, inner in children(node)
        if (*where, key) not in dropped
    ]
    if isinstance(node.value, dict):
        return Node(dict(kept), node.file, node.line, node.where)
    if isinstance(node.value, list):
        return Node([inner for _, inner in kept], node.file, node.line, node.where)
    return node


def type_name(value: Any) -> str:
    """Return what kind of thing stands at the top of a file, in words."""
    return "a list" if isinstance(value, CommentedSeq) else f"{str(value)[:40]!r}"
