"""Names that must meet: loops, feeders, facilities; everything that needs one has one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rehall.entry_uses import Uses, items_of
from rehall.layout import Item
from rehall.operated import no_valve, valves_of
from rehall.placing import named_things
from rehall.schema.base import Complaint, nearest
from rehall.schema.case import CaseFile
from rehall.schema.document import CasePath
from rehall.schema.entries import Busway, Cdu, CoolingUnit, Generator, Line, Tie, Utility
from rehall.schema.equipment import Row, Unit
from rehall.schema.liquid import LoopSpec
from rehall.shell import NodeItem, OpeningItem


def check(
    file: CaseFile,
    items: Sequence[Item],
    openings: Sequence[OpeningItem],
    nodes: Sequence[NodeItem],
    uses: Uses,
    data: dict[str, Any],
) -> list[Complaint]:
    """Return every name that leads nowhere or stands twice, and every lack of one.

    `data` is the case as written: a name given in an item that was itself mistaken is known.
    """
    known = Known(data)
    complaints = list(doubles(named_things(file, list(items), list(openings))))
    complaints += doubles(loop_names(file))
    for i, listed in enumerate(file.equipment):
        where: CasePath = ("equipment", i, listed.key)
        complaints += piece_complaints(listed.piece, uses[(*where, "of")], where, file, known)
    complaints += off_complaints(file, items, known)
    complaints += loop_complaints(file, items, known)
    complaints += feed_complaints(file, openings, known)
    return complaints + list(node_complaints(file, nodes, known))


def off_complaints(file: CaseFile, items: Sequence[Item], known: "Known") -> Iterator[Complaint]:
    """Refuse to switch off what does not exist; what is in a mistaken line does."""
    there = {name for item in items for name in (item.name, item.group)}
    there |= {spec.name for spec in (file.liquid.facility if file.liquid else ())}
    lost = [name for name in (*known.equipment, *known.facilities) if name not in there]
    for n, name in enumerate(file.off):
        if name not in there and not name.startswith(tuple(lost)):
            text = f"no equipment or facility loop {name!r}; {nearest(name, sorted(there))}"
            yield ("off", n), text


class Known:
    """The names that a case file gives, mistaken items included."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.loops = names_in(data, "liquid", "loops")
        self.facilities = names_in(data, "liquid", "facility")
        self.nodes = names_in(data, "power", "nodes")
        self.equipment = [
            str(piece["name"])
            for _, listed in items_of(data, "equipment")
            for piece in listed.values()
            if isinstance(piece, dict) and "name" in piece
        ]
        self.loop_users = Counter(
            piece.get("loop")
            for _, listed in items_of(data, "equipment")
            for piece in listed.values()
            if isinstance(piece, dict) and isinstance(piece.get("loop"), str)
        )


def names_in(data: dict[str, Any], *keys: str) -> list[str]:
    """Return the names of the items of a list in the file."""
    return [str(item["name"]) for _, item in items_of(data, *keys) if "name" in item]


def doubles(named: list[tuple[str, CasePath]]) -> Iterator[Complaint]:
    """Find names given twice; the members of a row count once."""
    first: dict[str, CasePath] = {}
    told: set[tuple[CasePath, CasePath]] = set()
    for name, where in named:
        there = first.setdefault(name, where)
        if there is not where and (there, where) not in told:
            told.add((there, where))
            yield (*where, "name"), f"duplicate name {name!r}; names in the hall are unique"


def loop_names(file: CaseFile) -> list[tuple[str, CasePath]]:
    """Return the names of all loops with their places."""
    if file.liquid is None:
        return []
    named: list[tuple[str, CasePath]] = []
    for section in ("facility", "loops"):
        for i, loop in enumerate(getattr(file.liquid, section)):
            named.append((loop.name, ("liquid", section, i)))
    return named


def piece_complaints(
    piece: Row | Unit, entry: Any, where: CasePath, file: CaseFile, known: Known
) -> Iterator[Complaint]:
    """Check loop, facility, supply temperature and feeders of one line of equipment."""
    cools = isinstance(entry, CoolingUnit)
    has_coil = cools or getattr(entry, "rear_door", None) is not None
    liquid_cooled = getattr(entry, "coolant", None) is not None
    words = f"{piece.name} ({getattr(entry, 'kind', '')})"
    if (liquid_cooled or isinstance(entry, Cdu)) and piece.loop is None:
        need = "is liquid-cooled and" if liquid_cooled else "is a CDU and"
        yield where, f"{words} {need} has no loop; {which(known.loops, 'loops')}"
    elif piece.loop is not None and not liquid_cooled and not isinstance(entry, Cdu):
        yield (*where, "loop"), f"{words} is not liquid-cooled and has no use for a loop"
    elif piece.loop is not None:
        yield from unknown(piece.loop, known.loops, "loop", (*where, "loop"))
        yield from fluid_mismatch(piece, entry, where, file)
    if has_coil and piece.facility is None:
        yield where, f"{words} has no facility loop; {which(known.facilities, 'facility loops')}"
    elif piece.facility is not None and not has_coil:
        message = f"{words}: only cooling units and racks with a rear door name a facility loop"
        yield (*where, "facility"), message
    elif piece.facility is not None:
        yield from unknown(piece.facility, known.facilities, "facility", (*where, "facility"))
    if cools and piece.supply is None and piece.control is None:
        yield where, f"{words} has no supply; wanted the air temperature it holds, like '22 degC'"
    if cools and piece.supply is not None and piece.control is not None:
        yield (*where, "control"), f"{words}: wanted one of supply, control"
    for key in () if cools else ("supply", "control", "fan_law"):
        if getattr(piece, key) is not None:
            yield (*where, key), f"{words}: only cooling units have {key}"
    if piece.air_flow is not None and not (cools or getattr(entry, "air_flow", None)):
        yield (*where, "air_flow"), f"{words} moves no air"
    if piece.phases != "abc" and getattr(entry, "supply", None) is not None:
        yield (*where, "phases"), f"{words}: power shelves hang on all three phases"
    yield from feeders(piece.feeds, where, words, file, known)


def fluid_mismatch(
    piece: Row | Unit, entry: Any, where: CasePath, file: CaseFile
) -> Iterator[Complaint]:
    """Refuse a rack made for another coolant than that of its loop."""
    for loop in file.liquid.loops if file.liquid else ():
        coolant = getattr(entry, "coolant", None)
        if loop.name == piece.loop and coolant is not None and coolant.fluid != loop.fluid:
            message = f"{piece.name} wants {coolant.fluid}, loop {loop.name!r} holds {loop.fluid}"
            yield (*where, "loop"), message


def feeders(
    feeds: tuple[str, ...], where: CasePath, words: str, file: CaseFile, known: Known
) -> Iterator[Complaint]:
    """Check the feeders of a load: with a power section at least one, and all of them known."""
    if file.power is None and not known.nodes:
        if feeds:
            yield (*where, "feeds"), f"{words} names feeders, but the case has no power section"
        return
    if not feeds:
        yield where, f"{words} has no feeder; wanted feeds: [name of a power node]"
    for i, feed in enumerate(feeds):
        yield from unknown(feed, known.nodes, "power node", (*where, "feeds", i))
        if feed in feeds[:i]:
            yield (*where, "feeds", i), f"feeder {feed!r} is named twice"


def unknown(name: str, known: list[str], what: str, where: CasePath) -> Iterator[Complaint]:
    """Refuse a name that nothing has."""
    if name not in known:
        yield where, f"no {what} {name!r}; {nearest(name, known)}"


def which(names: list[str], what: str) -> str:
    """Return the names to choose from."""
    return f"{what} are {', '.join(sorted(names))}" if names else f"the case has no {what}"


def loop_complaints(file: CaseFile, items: Sequence[Item], known: Known) -> Iterator[Complaint]:
    """Check that every rack loop has a pump and a facility."""
    pumped = {item.loop for item in items if isinstance(item.entry, Cdu)}
    users = Counter(listed.piece.loop for listed in file.equipment)
    for i, loop in enumerate(file.liquid.loops if file.liquid else ()):
        where: CasePath = ("liquid", "loops", i)
        yield from unknown(loop.facility, known.facilities, "facility", (*where, "facility"))
        # A line that was itself mistaken and names the loop may have been its CDU.
        if loop.name not in pumped and users[loop.name] == known.loop_users[loop.name]:
            yield where, f"loop {loop.name!r} has no pump; wanted a CDU that names it in equipment"
        units = [i for i in items if i.loop == loop.name and isinstance(i.entry, Cdu)]
        if loop.failover is not None and units and all(unit.on for unit in units):
            message = f"no CDU of {loop.name!r} stands by; wanted its name in off, or no failover"
            yield (*where, "failover"), message
        if loop.manifold is not None and users[loop.name] == known.loop_users[loop.name]:
            yield from tap_complaints(loop, items, (*where, "manifold", "taps"))
        known_valves = valves_of(loop, items)
        for name in loop.valves:
            if name not in known_valves:
                yield (*where, "valves", name), no_valve(name, known_valves)


def tap_complaints(loop: LoopSpec, items: Sequence[Item], where: CasePath) -> Iterator[Complaint]:
    """Check that all on a loop has its tap, and that every tap is at a pipe of the manifold."""
    assert loop.manifold is not None
    here = [item.name for item in items if item.loop == loop.name]
    taps = loop.manifold.taps
    junctions = sorted({end for pipe in loop.manifold.pipes for end in pipe.ends})
    for name in here:
        if name not in taps:
            yield where, f"{name} is on {loop.name} and has no tap; wanted its two junctions"
    for name, ends in taps.items():
        if name not in here:
            yield (*where, name), f"no CDU or rack {name!r} on {loop.name}; {nearest(name, here)}"
        for end in ends:
            if end not in junctions:
                yield (*where, name), f"no pipe ends at {end!r}; {nearest(end, junctions)}"


def feed_complaints(
    file: CaseFile, openings: Sequence[OpeningItem], known: Known
) -> Iterator[Complaint]:
    """Check the feeders of exhaust fans and facility loops."""
    told: set[CasePath] = set()
    for opening in openings:
        if opening.where not in told:
            told.add(opening.where)
            if opening.power > 0.0:
                yield from feeders(opening.feeds, opening.where, opening.group, file, known)
            elif opening.feeds:
                yield (*opening.where, "feeds"), f"{opening.group} draws no power"
    for i, spec in enumerate(file.hall.openings):
        if spec.rows and not any(o.where == ("hall", "openings", i) for o in openings):
            yield ("hall", "openings", i), "rows need size: [width, height] of one opening"
    for i, facility in enumerate(file.liquid.facility if file.liquid else ()):
        where: CasePath = ("liquid", "facility", i)
        yield from feeders(facility.feeds, where, facility.name, file, known)


def node_complaints(file: CaseFile, nodes: Sequence[NodeItem], known: Known) -> Iterator[Complaint]:
    """Check that every node hangs on another one up to a utility of known voltage."""
    places: list[tuple[str, CasePath]] = [
        (spec.name, ("power", "nodes", i))
        for i, spec in enumerate(file.power.nodes if file.power else ())
    ]
    yield from doubles(places)
    by_name = {node.name: node for node in nodes}
    utilities = [node for node in nodes if isinstance(node.entry, Utility)]
    if len(utilities) > 1 and file.site.contracted_demand is not None:
        names = ", ".join(node.name for node in utilities)
        message = f"the site has {len(utilities)} utilities ({names}); give it to each of them"
        yield ("site", "contracted_demand"), message
    for node in nodes:
        is_source = isinstance(node.entry, Utility | Generator)
        if is_source and node.feeds:
            yield (*node.where, "fed_by"), f"a {node.kind} is fed by nothing"
        if not is_source and not node.feeds:
            yield node.where, f"{node.name} ({node.kind}) is fed by nothing; wanted fed_by"
        for feed in node.feeds:
            yield from unknown(feed, known.nodes, "power node", (*node.where, "fed_by"))
        if not isinstance(node.entry, Tie) and runs_in_a_ring(node, by_name):
            yield (*node.where, "fed_by"), f"{node.name} is fed by itself in the end"
        elif is_source and node.voltage == 0.0:
            yield node.where, f"{node.name}: wanted its voltage, like '13.8 kV'"
        has_length = isinstance(node.entry, Busway | Line)
        if has_length and node.length == 0.0:
            yield node.where, f"{node.name} ({node.kind}) has no length"
        if not has_length and node.length > 0.0:
            yield (*node.where, "length"), f"a {node.kind} has no length"
        if node.air is not None and node.box is not None:
            yield (*node.where, "air"), f"{node.name} stands in the hall, whose air is solved"


def runs_in_a_ring(node: NodeItem, by_name: dict[str, NodeItem]) -> bool:
    """Whether going up from a node leads back to it; ties join boards and lead nowhere."""
    above, seen = list(node.feeds), set[str]()
    while above:
        at = above.pop()
        if at == node.name:
            return True
        if at in by_name and at not in seen and not isinstance(by_name[at].entry, Tie):
            seen.add(at)
            above += by_name[at].feeds
    return False
