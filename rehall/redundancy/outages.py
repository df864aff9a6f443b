"""Every single failure of a case: what can fail, in which ways, and what is then changed."""

from collections.abc import Iterator

from power.nodes import Generator, Node
from power.states import Failure
from power.study import single_failures
from rehall.config import Case
from rehall.electrical import PowerSide
from rehall.operated import FacilityItem, facility_items, loop_items
from rehall.redundancy.feeds import feed_failures
from rehall.redundancy.outage import RUN_DOWN, START, Outage, event
from rehall.redundancy.shell import shell_failures
from rehall.schema.entries import Cdu, CoolingUnit
from rehall.schema.entries.common import Entry

CLOGGED = 4.0
"""Pressure that a clogged filter loses over that of a clean one (assumed: it is changed at twice to
three times, and one that nobody changes goes on) [-]."""


def outages(case: Case, side: PowerSide | None) -> list[Outage]:
    """Every single failure of a case, air first, then coolant, then power.

    What stands by fails nothing alone and is left out; of machines that are alike in every way
    (those of a rejection) one stands for all.
    """
    found = [
        *_cooling_units(case),
        *_exhausts(case),
        *shell_failures(case),
        *_cdus(case),
        *_valves(case),
        *_facilities(case),
    ]
    if side is not None:
        found += [*_chain(case, side), *feed_failures(case, side)]
    return found


def _cooling_units(case: Case) -> Iterator[Outage]:
    for item in case.items:
        if not isinstance(item.entry, CoolingUnit) or not item.on:
            continue
        on_water = f" on {item.facility}" if item.facility else ""
        about = (item.name, "cooling_unit")
        group, entry = f"cooling units{on_water}", item.entry
        stops = event(item.name, state="off", ramp=RUN_DOWN)
        yield Outage(f"{item.name} fans stop", *about, "fans", group, (stops,), entry=entry)
        if item.facility is not None:
            dry = event(item.name, water="off")
            yield Outage(f"{item.name} without water", *about, "coil", group, (dry,), entry=entry)
        least = entry.air_flow_min * entry.rating.air_flow
        slow = event(item.name, air_flow=least, ramp=RUN_DOWN)
        name = f"{item.name} control lost, fans at their least"
        yield Outage(name, *about, "control", group, (slow,), entry=entry)


def _exhausts(case: Case) -> Iterator[Outage]:
    for opening in case.openings:
        if opening.kind == "exhaust" and (opening.flow or 0.0) > 0.0:
            stops = event(opening.name, state="off", ramp=RUN_DOWN)
            about = (opening.name, "exhaust_fan", "off", "exhaust fans")
            yield Outage(f"{opening.name} stops", *about, (stops,), entry=opening.entry)


def _cdus(case: Case) -> Iterator[Outage]:
    for item in case.items:
        if not isinstance(item.entry, Cdu) or not item.on:
            continue
        name, entry, group = item.name, item.entry, f"CDUs of {item.loop}"
        off, shut = event(name, state="off"), event(name, water="off")
        clogged = event(name, filters=CLOGGED)
        yield Outage(f"{name} off", name, "cdu", "off", group, (off,), entry=entry)
        yield Outage(f"{name} water valve shut", name, "valve", "shut", group, (shut,))
        yield Outage(f"{name} filter clogged", name, "filter", "clogged", group, (clogged,))
        yield from _pumps(name, entry.pump.duty if item.pumps is None else item.pumps, group)


def _pumps(name: str, duty: int, group: str) -> Iterator[Outage]:
    """Each pump on duty; those that stand by fail nothing alone."""
    for k in range(1, duty + 1):
        trips = event(name, trip=(k,))
        yield Outage(f"{name} pump {k} trips", f"{name} pump {k}", "pump", "trips", group, (trips,))


def _valves(case: Case) -> Iterator[Outage]:
    for loop in loop_items(case):
        for name, position in loop.valves.items():
            if position > 0.0:
                shut = event(loop.name, valves={name: 0.0})
                told, group = f"valve of {name} shut", f"valves of {loop.name}"
                yield Outage(told, f"valve of {name}", "valve", "shut", group, (shut,))


def _facilities(case: Case) -> Iterator[Outage]:
    for spec, state in zip(
        case.liquid.facility if case.liquid else (), facility_items(case), strict=True
    ):
        name, group = spec.name, f"rejection of {spec.name}"
        if state.pumps == 0:
            continue
        yield from _pumps(name, state.pumps, f"pumps of {name}")
        yield from _machines(case, name, state, group)
        whole = event(name, state="off", rejection="off")
        about = (name, "facility_water", "lost", f"facility water {name}")
        yield Outage(f"{name} lost", *about, (whole,))


def _machines(case: Case, name: str, state: FacilityItem, group: str) -> Iterator[Outage]:
    """One machine of a rejection, and one of its outdoor loop, for all that are like it."""
    entry = case.rejections[name]
    lost = event(name, rejection=state.machines - 1)
    told, about = f"{_one(entry)} of {name} lost", _of(entry, name)
    yield Outage(told, *about, group, (lost,), entry=entry, count=state.machines)
    if state.coolers:
        cooler = case.outdoor_coolers[name]
        fewer = event(name, coolers=state.coolers - 1)
        told, about = f"{_one(cooler)} outdoors of {name} lost", _of(cooler, f"{name} outdoors")
        yield Outage(told, *about, group, (fewer,), entry=cooler, count=state.coolers)


def _one(entry: Entry) -> str:
    return f"a {_kind(entry).replace('_', ' ')}"


def _of(entry: Entry, name: str) -> tuple[str, str, str]:
    return f"{_kind(entry).replace('_', ' ')} of {name}", _kind(entry), "off"


def _kind(entry: Entry) -> str:
    return str(getattr(entry, "kind", "machine"))


def _chain(case: Case, side: PowerSide) -> Iterator[Outage]:
    entries = {item.name: item.entry for item in case.nodes}
    nodes = {node.name: node for node in side.model.nodes}
    for failure in single_failures(side.model):
        node = _about(failure, nodes)
        mode = "bypass" if failure.bypassed else "unit" if failure.units else "off"
        started = isinstance(node, Generator)
        group = "generators" if started else "power chain"
        name = str(failure)
        mode = f"{START}{mode}" if started else mode
        about = (node.name, node.kind, mode, group)
        many = getattr(node, "units", 1) if failure.units and not started else 1
        yield Outage(name, *about, chain=failure, entry=entries[node.name], count=many)


def _about(failure: Failure, nodes: dict[str, Node]) -> Node:
    """The device that a single failure is about: the generator where one does not start."""
    named = [*failure.dead, *(name for name, _ in failure.units), *failure.bypassed]
    return max((nodes[name] for name in named), key=lambda node: isinstance(node, Generator))
