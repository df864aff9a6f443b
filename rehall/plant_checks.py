"""The rejection of each facility loop: whether its machines and its outdoor loop fit together."""

from collections.abc import Iterator

from rehall.entry_uses import Uses
from rehall.schema.base import Complaint
from rehall.schema.case import CaseFile
from rehall.schema.document import CasePath
from rehall.schema.entries import Chiller, CoolingTower, Entry, PlateExchanger
from rehall.schema.liquid import Facility
from rehall.schema.rejection import OutdoorLoop


def check(file: CaseFile, uses: Uses) -> list[Complaint]:
    """Return every rejection whose parts do not fit."""
    found: list[Complaint] = []
    for i, facility in enumerate(file.liquid.facility if file.liquid else ()):
        where: CasePath = ("liquid", "facility", i, "rejection")
        found += _main(facility, uses[(*where, "of")], where)
        if facility.rejection.outdoor_loop is not None:
            found += _outdoor_loop(facility, facility.rejection.outdoor_loop, uses, where)
        found += _water_in_towers(facility, uses, where)
    return found


def _main(facility: Facility, entry: Entry, where: CasePath) -> Iterator[Complaint]:
    """Check that what needs an outdoor loop has one, and what has no use for one has none."""
    loop, name = facility.rejection.outdoor_loop, facility.name
    exchanger = isinstance(entry, PlateExchanger)
    wet = isinstance(entry, Chiller) and entry.condenser == "water"
    if loop is None and (exchanger or wet):
        what = "plate exchanger" if exchanger else "water-cooled chiller"
        wanted = "outdoor_loop: {of: a cooler, count, flow, pump_head, pump_efficiency}"
        yield where, f"{name}: a {what} gives its heat to an outdoor loop; wanted {wanted}"
    if loop is not None and not (exchanger or isinstance(entry, Chiller)):
        kind = getattr(entry, "kind", "")
        message = f"{name}: a {kind} cools the loop's own liquid and has no use for one"
        yield (*where, "outdoor_loop"), message
    if exchanger and (facility.rejection.spare or facility.rejection.staging):
        key = "spare" if facility.rejection.spare else "staging"
        yield (*where, key), f"{name}: all plate exchangers are in use"


def _outdoor_loop(
    facility: Facility, loop: OutdoorLoop, uses: Uses, above: CasePath
) -> Iterator[Complaint]:
    """Check what chillers ask of their outdoor loop."""
    entry, name, where = uses[(*above, "of")], facility.name, (*above, "outdoor_loop")
    wet = isinstance(entry, Chiller) and entry.condenser == "water"
    if wet and loop.supply is None:
        message = f"{name}: wanted supply, the water that the condensers are given, like '24 degC'"
        yield where, message
    if not wet and loop.supply is not None:
        message = f"{name}: only condensers of water-cooled chillers are given a temperature"
        yield (*where, "supply"), message
    if not wet and loop.flow_min < 1.0:
        message = f"{name}: only the flow through condensers follows the load"
        yield (*where, "flow_min"), message
    if isinstance(entry, Chiller) and not wet and loop.economiser is None:
        message = f"{name}: air-cooled chillers use an outdoor loop only through an economiser"
        yield where, message
    if isinstance(entry, PlateExchanger) and loop.economiser is not None:
        message = f"{name}: there is no chiller that an economiser could come before"
        yield (*where, "economiser"), message


def _water_in_towers(facility: Facility, uses: Uses, where: CasePath) -> Iterator[Complaint]:
    """Refuse an open tower on glycol, which would blow away."""
    for at, fluid in (
        (where, facility.fluid),
        ((*where, "outdoor_loop"), getattr(facility.rejection.outdoor_loop, "fluid", "water")),
    ):
        if isinstance(uses.get((*at, "of")), CoolingTower) and fluid != "water":
            yield (*at, "of"), f"{facility.name}: an open tower holds water, not {fluid}"
