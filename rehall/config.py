"""The case: a YAML file in, everything that stands in the hall out, or all its mistakes at once."""

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from geometry import checks
from geometry.errors import Finding, InputError
from geometry.hall import Hall
from rehall import event_checks, plant_checks, ranges, references
from rehall.entry_uses import Uses, resolve_uses
from rehall.failover import with_failover
from rehall.layout import Item, hall_of
from rehall.operated import Operated, operated
from rehall.placing import named_things, place_items, place_nodes, place_openings
from rehall.schema.base import Complaint, complaints_of
from rehall.schema.case import CaseFile
from rehall.schema.document import CasePath, Document, read_document
from rehall.schema.entries import Entry
from rehall.schema.equipment import EquipmentLine
from rehall.schema.hall import HallSpec
from rehall.schema.liquid import LiquidSpec
from rehall.schema.power import PowerSpec
from rehall.schema.redundancy import RedundancySpec
from rehall.schema.site import Limits, Site, Solver
from rehall.schema.study import StudySpec
from rehall.schema.systems import with_systems
from rehall.schema.transient import TransientSpec
from rehall.shell import NodeItem, OpeningItem


@dataclass(frozen=True)
class Case:
    """A checked case: its sections in SI units, and what they put into the hall.

    By the name of a facility loop: `rejections` is the catalogue entry that it gives its heat to,
    `outdoor_coolers` and `economisers` those on its outdoor loop. `warnings` are findings that do
    not stop a run, `off` names what is switched off. `operation` is how everything is operated,
    where that is not as the sections give it.
    """

    path: Path
    text: str
    site: Site
    hall: HallSpec
    equipment: tuple[EquipmentLine, ...]
    liquid: LiquidSpec | None
    power: PowerSpec | None
    limits: Limits
    solver: Solver
    transient: TransientSpec | None
    redundancy: RedundancySpec
    study: StudySpec
    items: tuple[Item, ...]
    openings: tuple[OpeningItem, ...]
    nodes: tuple[NodeItem, ...]
    rejections: dict[str, Entry]
    outdoor_coolers: dict[str, Entry]
    economisers: dict[str, Entry]
    geometry: Hall
    warnings: tuple[Finding, ...]
    places: dict[str, CasePath]
    document: Document
    off: tuple[str, ...] = ()
    operation: Operated | None = None

    def item(self, name: str) -> Item:
        """Return the piece of equipment of this name."""
        return next(item for item in self.items if item.name == name)

    def located(self, finding: Finding) -> Finding:
        """Return a finding about a named thing of the hall with its file and line."""
        return located(finding, self.document, self.places)


def load(path: str | Path) -> Case:
    """Read and check a case file; raises `InputError` with every mistake of the file."""
    return checked(read_document(Path(path), with_systems))


def checked(whole: Document) -> Case:
    """The case of a document; raises `InputError` with every mistake in it."""
    complaints, file, uses, document = validated(whole)
    findings = [whole.finding(where, message) for where, message in complaints]
    if file is None:
        raise InputError(in_order(findings, whole.path))
    case = assembled(document, file, uses)
    complaints = references.check(file, case.items, case.openings, case.nodes, uses, whole.data)
    complaints += event_checks.check(file.transient, operated(case), case.nodes, whole.data)
    complaints += ranges.check(file)
    complaints += plant_checks.check(file, uses)
    findings += [document.finding(where, message) for where, message in complaints]
    findings += [case.located(finding) for finding in checks.check(case.geometry)]
    if findings:
        raise InputError(in_order(findings, whole.path))
    transient, late = with_failover(case)
    warnings = (*case.warnings, *map(case.located, late))
    return replace(case, transient=transient, warnings=warnings)


def validated(document: Document) -> tuple[list[Complaint], CaseFile | None, Uses, Document]:
    """Return the mistakes of form, and the case without the list items that hold them.

    What is left is checked for overlaps and the like all the same, so that one reading of the
    messages is enough; it is None where the mistakes leave no hall.
    """
    file, complaints = parsed(document)
    uses, of_entries = resolve_uses(document.data)
    complaints += of_entries
    if complaints:
        document = document.without(where for where, _ in complaints)
        file, _ = parsed(document)
        uses, left = resolve_uses(document.data)
        file = None if left else file
    return complaints, file, uses, document


def parsed(document: Document) -> tuple[CaseFile | None, list[Complaint]]:
    """Return the sections of a document, or its mistakes of form."""
    try:
        return CaseFile.model_validate(document.data), []
    except ValidationError as error:
        return None, complaints_of(error, CaseFile, document.data)


def assembled(document: Document, file: CaseFile, uses: Uses) -> Case:
    """Return the case with everything in its place."""
    items = place_items(document, file, uses)
    openings = place_openings(document, file, uses)
    nodes = place_nodes(document, file, uses)
    hall = hall_of(file.hall, items, openings, nodes)
    places = dict(reversed(named_things(file, items, openings)))
    places = dict(references.loop_names(file)) | places
    places |= {node.name: node.where for node in nodes if node.name not in places}
    return Case(
        path=document.path,
        text=joined_text(document),
        site=file.site,
        hall=file.hall,
        equipment=file.equipment,
        liquid=file.liquid,
        power=file.power,
        limits=file.limits,
        solver=file.solver,
        transient=file.transient,
        redundancy=file.redundancy,
        study=file.study,
        items=tuple(items),
        openings=tuple(openings),
        nodes=tuple(nodes),
        rejections=plant_entries(file, uses),
        outdoor_coolers=plant_entries(file, uses, "outdoor_loop"),
        economisers=plant_entries(file, uses, "outdoor_loop", "economiser"),
        geometry=hall,
        warnings=tuple(located(w, document, places) for w in checks.warnings(hall)),
        places=places,
        document=document,
        off=file.off,
    )


def plant_entries(file: CaseFile, uses: Uses, *part: str) -> dict[str, Entry]:
    """Return the entry of the rejection of each facility loop, or of a part of it where it is."""
    facilities = file.liquid.facility if file.liquid else ()
    found = {
        facility.name: uses.get(("liquid", "facility", i, "rejection", *part, "of"))
        for i, facility in enumerate(facilities)
    }
    return {name: entry for name, entry in found.items() if entry is not None}


def located(finding: Finding, document: Document, places: dict[str, CasePath]) -> Finding:
    """Return a finding about a named thing with the file and line where it is written."""
    names = finding.where, finding.where.rsplit(" ", 1)[0], finding.where.split(".", 1)[0]
    where = next((places[name] for name in names if name in places), ("hall",))
    file, line = document.place(where)
    return Finding(finding.where, finding.message, file, line)


def in_order(findings: list[Finding], first: Path) -> list[Finding]:
    """Return findings by file (the case itself first) and line, none twice."""
    return sorted(
        dict.fromkeys(findings), key=lambda f: (f.file != first, str(f.file), f.line or 0)
    )


def joined_text(document: Document) -> str:
    """Return the text of the case file followed by those of its includes."""
    texts = dict(document.texts)
    text = texts.pop(document.path)
    return text + "".join(f"\n# --- {path.name}\n{more}" for path, more in texts.items())
