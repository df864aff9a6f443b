"""The catalogue: entries by name, those of a case among them, and where figures come from."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from rehall.schema.base import Complaint, abridged, complaints_of, nearest
from rehall.schema.entries import KINDS, Entry

SOURCES_FILE = "sources.yaml"


@dataclass(frozen=True)
class Source:
    """A document that figures come from."""

    title: str
    url: str | None


class Unresolved(Exception):
    """An entry that cannot be had: its mistakes, with paths inside the entry."""

    def __init__(self, complaints: list[Complaint]) -> None:
        self.complaints = complaints
        super().__init__("; ".join(message for _, message in complaints))


@cache
def raw_catalogue() -> dict[str, dict[str, Any]]:
    """Return the entries that come along, as they are written."""
    entries: dict[str, dict[str, Any]] = {}
    for file in sorted(files("rehall").joinpath("catalogue").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml") and file.name != SOURCES_FILE:
            entries |= YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    return entries


@cache
def sources() -> dict[str, Source]:
    """Return the sources that entries cite, by their short names."""
    text = files("rehall").joinpath("catalogue", SOURCES_FILE).read_text(encoding="utf-8")
    return {name: Source(**raw) for name, raw in YAML(typ="safe").load(text).items()}


@cache
def entry(name: str) -> Entry:
    """Return an entry of the catalogue that comes along; raises `Unresolved`."""
    return validated(expanded(name, {}, ()))


def resolve(of: str | dict[str, Any], own: dict[str, dict[str, Any]]) -> Entry:
    """Return the entry named or defined in place; `own` are the entries of the case itself.

    An entry in place may start from a named one: `{like: vr_nvl72, power: 190 kW}`.
    """
    if isinstance(of, str) and of not in own and of in raw_catalogue():
        return entry(of)
    return validated(expanded(of, own, ()))


def validated(raw: dict[str, Any]) -> Entry:
    """Return the entry of a complete description."""
    model = KINDS.get(str(raw.get("kind")))
    if model is None:
        found = f"found {raw['kind']!r}, " if "kind" in raw else ""
        raise Unresolved([(("kind",), f"{found}wanted one of {', '.join(KINDS)}")])
    try:
        return model.model_validate({"name": raw.get("kind"), **raw})
    except ValidationError as error:
        raise Unresolved(complaints_of(error, model, raw)) from error


def expanded(of: Any, own: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return an entry as written, with `like` and the miner of a shelf filled in.

    An entry of the case (`own`) is called by its key unless it has a `name`.
    """
    if isinstance(of, str):
        known = raw_catalogue() | own
        if of not in known:
            raise Unresolved([((), f"no catalogue entry {of!r}; {nearest(of, list(known))}")])
        if of in names:
            raise Unresolved([((), f"entry {of!r} is like itself")])
        found = known[of]
        if of in own and isinstance(found, dict):
            found = {"name": of, **found}
        return expanded(found, own, (*names, of))
    if not isinstance(of, dict):
        raise Unresolved([((), f"found {abridged(of)}, wanted the name of an entry or an entry")])
    raw = dict(of)
    if "like" in raw:
        like = raw.pop("like")
        # Its figures are no longer those of the product that the entry below is called after.
        renamed = {"name": f"like {like}"[:80]} if isinstance(like, str) else {}
        raw = merged(expanded(like, own, names), {**renamed, **raw})
    if raw.get("kind") == "miner_shelf" and isinstance(raw.get("of"), str):
        raw["of"] = expanded(raw["of"], own, names)
    return raw


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return `below` with the figures of `above` in their place."""
    joined = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(joined.get(key), dict)
        joined[key] = merged(joined[key], value) if both else value
    return joined
