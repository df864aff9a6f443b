"""Where a case file uses the catalogue: every `of` resolved to its entry."""

from collections.abc import Iterator
from typing import Any

from rehall.equipment import Unresolved, resolve
from rehall.schema.base import Complaint
from rehall.schema.document import CasePath
from rehall.schema.entries import (
    KINDS,
    AdiabaticCooler,
    Cdu,
    Chiller,
    CoolingTower,
    CoolingUnit,
    DryCooler,
    Entry,
    EvaporativePad,
    ExhaustFan,
    Louvre,
    Miner,
    MinerShelf,
    PlateExchanger,
    PowerShelf,
    Rack,
)
from rehall.schema.entries.power import Distribution

Uses = dict[CasePath, Entry]

IN_HALL = (Rack, Miner, MinerShelf, CoolingUnit, Cdu)
IN_SHELL = (ExhaustFan, Louvre, EvaporativePad)
COOLERS = (DryCooler, AdiabaticCooler, CoolingTower)
REJECTION = (*COOLERS, Chiller, PlateExchanger)


def resolve_uses(data: dict[str, Any]) -> tuple[Uses, list[Complaint]]:
    """Return the entry behind each use, by its path, and the mistakes in and around them."""
    own, uses, complaints = data.get("catalogue"), {}, []
    own = own if isinstance(own, dict) else {}
    own = {name: raw for name, raw in own.items() if isinstance(raw, dict)}
    for where, of, wanted in all_uses(data, own):
        try:
            entry = resolve(of, own)
            complaints += [(where, message) for message in misuse(entry, wanted, own)]
            uses[where] = entry
        except Unresolved as error:
            complaints += [((*where, *inside), text) for inside, text in error.complaints]
    return uses, complaints


def misuse(entry: Entry, wanted: tuple[type[Entry], ...], own: dict[str, Any]) -> list[str]:
    """Return what is wrong with an entry in its place."""
    messages = []
    if not isinstance(entry, wanted):
        kinds = ", ".join(kind for kind, model in KINDS.items() if issubclass(model, wanted))
        messages.append(f"found a {getattr(entry, 'kind', '?')}, wanted one of {kinds}")
    if isinstance(entry, Rack) and entry.supply is not None:
        try:
            shelf: Entry | None = resolve(entry.supply.shelf, own)
        except Unresolved as error:
            return [*messages, f"supply.shelf: {error}"]
        if not isinstance(shelf, PowerShelf):
            messages.append(f"supply.shelf: {entry.supply.shelf!r} is no power shelf")
    return messages


def all_uses(
    data: dict[str, Any], own: dict[str, Any]
) -> Iterator[tuple[CasePath, Any, tuple[type[Entry], ...]]]:
    """Return path, value and wanted kinds of every `of` that is written."""
    for name in own:
        yield ("catalogue", name), own[name], (Entry,)
    for i, line in items_of(data, "equipment"):
        for key in ("row", "unit"):
            yield from use(line.get(key), ("equipment", i, key), IN_HALL)
    for i, opening in items_of(data, "hall", "openings"):
        yield from use(opening, ("hall", "openings", i), IN_SHELL)
    for i, facility in items_of(data, "liquid", "facility"):
        where, rejection = ("liquid", "facility", i, "rejection"), facility.get("rejection")
        yield from use(rejection, where, REJECTION)
        outdoors = rejection.get("outdoor_loop") if isinstance(rejection, dict) else None
        yield from use(outdoors, (*where, "outdoor_loop"), COOLERS)
        economiser = outdoors.get("economiser") if isinstance(outdoors, dict) else None
        yield from use(economiser, (*where, "outdoor_loop", "economiser"), (PlateExchanger,))
    for i, node in items_of(data, "power", "nodes"):
        yield from use(node, ("power", "nodes", i), (Distribution,))


def use(
    holder: Any, where: CasePath, wanted: tuple[type[Entry], ...]
) -> Iterator[tuple[CasePath, Any, tuple[type[Entry], ...]]]:
    """Return the `of` of one mapping, if it has one that can be an entry."""
    if isinstance(holder, dict) and isinstance(holder.get("of"), str | dict):
        yield (*where, "of"), holder["of"], wanted


def items_of(data: Any, *keys: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Return the mappings in a list of the file, with their indices; nothing if there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    if isinstance(data, list):
        yield from ((i, item) for i, item in enumerate(data) if isinstance(item, dict))
