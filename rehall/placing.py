"""Put what a case file lists into the hall: every line expanded, with its place in the file."""

from dataclasses import replace

from rehall.entry_uses import Uses
from rehall.layout import Item, expand_piece
from rehall.schema.case import CaseFile
from rehall.schema.document import CasePath, Document
from rehall.schema.entries import Generator, Placed, Rectifier, Transformer
from rehall.shell import NodeItem, OpeningItem, box_of, expand_opening, expand_patches


def place_items(document: Document, file: CaseFile, uses: Uses) -> list[Item]:
    """Return every piece of equipment."""
    floor = file.hall.raised_floor.height if file.hall.raised_floor else 0.0
    items: list[Item] = []
    for i, listed in enumerate(file.equipment):
        where: CasePath = ("equipment", i, listed.key)
        entry = uses[(*where, "of")]
        assert isinstance(entry, Placed)  # entry_uses.misuse
        line = document.place(where)[1]
        items += expand_piece(listed.piece, entry, floor, where, line)
    return [
        replace(item, on=False, power=0.0) if {item.name, item.group} & set(file.off) else item
        for item in items
    ]


def place_openings(document: Document, file: CaseFile, uses: Uses) -> list[OpeningItem]:
    """Return every opening of the shell."""
    openings: list[OpeningItem] = []
    for i, spec in enumerate(file.hall.openings):
        where: CasePath = ("hall", "openings", i)
        entry = uses.get((*where, "of"))
        openings += expand_opening(spec, entry, file.hall, where, document.place(where)[1])
    return openings


def place_nodes(document: Document, file: CaseFile, uses: Uses) -> list[NodeItem]:
    """Return every node of the power chain; a voltage that follows from nothing is 0."""
    specs = {spec.name: (i, spec) for i, spec in enumerate(file.power.nodes if file.power else ())}
    nodes = []
    for name, (i, spec) in specs.items():
        where: CasePath = ("power", "nodes", i)
        entry = uses[(*where, "of")]
        nodes.append(
            NodeItem(
                name=name,
                kind=str(getattr(entry, "kind", "")),
                entry=entry,
                feeds=spec.feeds,
                voltage=voltage_of(name, file, uses)[0],
                direct=voltage_of(name, file, uses)[1],
                length=spec.length or 0.0,
                air=spec.air,
                box=box_of(spec.lower, spec.upper) if spec.lower and spec.upper else None,
                where=where,
                line=document.place(where)[1],
            )
        )
    return nodes


def voltage_of(name: str, file: CaseFile, uses: Uses) -> tuple[float, bool]:
    """Return the voltage at a node and whether it is direct current.

    Its own, that of its transformer, generator or rectifier, else that of the node before.
    """
    specs = {spec.name: (i, spec) for i, spec in enumerate(file.power.nodes if file.power else ())}
    seen: set[str] = set()
    at: str | None = name
    voltage = 0.0
    while at in specs and at not in seen:
        seen.add(at)
        i, spec = specs[at]
        entry = uses[("power", "nodes", i, "of")]
        if spec.voltage is not None:
            voltage = voltage or spec.voltage
        if isinstance(entry, Transformer | Generator | Rectifier):
            return voltage or entry.voltage, isinstance(entry, Rectifier)
        at = spec.feeds[0] if spec.feeds else None
    return voltage, False


def named_things(
    file: CaseFile, items: list[Item], openings: list[OpeningItem]
) -> list[tuple[str, CasePath]]:
    """Return the name of everything in the hall, power nodes left out, with its place."""
    named = [(item.name, item.where) for item in items]
    named += [(opening.name, opening.where) for opening in openings]
    for section in ("obstacles", "partitions", "containment"):
        for i, thing in enumerate(getattr(file.hall, section)):
            named.append((thing.name, ("hall", section, i)))
    for i, tiles in enumerate(file.hall.raised_floor.tiles if file.hall.raised_floor else ()):
        where: CasePath = ("hall", "raised_floor", "tiles", i)
        named += [(name, where) for name, _, _ in expand_patches(tiles, None)]
    return named
