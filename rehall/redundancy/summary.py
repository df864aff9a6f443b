"""A study of failures as numbers: records by severity, redundancy by subsystem, hours a year."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from power.study import NORMAL
from rehall.config import Case
from rehall.events import words
from rehall.power_study import EVERY
from rehall.redundancy.assumptions import assumptions, unknown_of_coolant
from rehall.redundancy.availability import (
    Availability,
    Exposure,
    Pair,
    availability,
)
from rehall.redundancy.chosen import PAIR, SINGLE
from rehall.redundancy.course import Course
from rehall.redundancy.outage import START, Outage
from rehall.redundancy.outages import outages
from rehall.redundancy.passing import buffer_used
from rehall.redundancy.rates import rate_of
from rehall.redundancy.record import (
    FAIL,
    PASS,
    UNSOLVED,
    UNSURE,
    broken_rows,
    by_severity,
    nearest_limit,
    row_of_finding,
    rows_of_limits,
    tightest,
    verdict_of,
)
from rehall.redundancy.standing import standings
from rehall.redundancy.study import Solved, Studied
from rehall.schema.entries import SERVERS, Generator
from rehall.summary import device_name

Row = dict[str, Any]


def summarise_study(studied: Studied) -> Row:
    """Every number of a study, as `redundancy.json` holds it."""
    case = studied.ground.case
    rules = _rules_of_chain(studied)
    records = [_record(studied, one, rules) for one in studied.states]
    it_kw = sum(item.power for item in case.items if isinstance(item.entry, SERVERS)) / 1e3
    ordered = by_severity(records, it_kw)
    every = [outage.subsystem for outage in outages(case, studied.ground.plant.side)]
    wholes = {name: every.count(name) for name in every}
    standing = standings(records, case.redundancy.claims, wholes)
    normal = _normal(studied)
    unknown = unknown_of_coolant(case, studied.ground.plant.liquid)
    return {
        "case": case.path.stem,
        "verdict": _verdict(normal, records, standing),
        "device": device_name(),
        "wall_s": round(studied.wall_s, 1),
        "duration_s": case.redundancy.duration,
        "counts": _counts(studied, records),
        "normal": normal,
        "states": ordered,
        "single_points": single_points(ordered),
        "subsystems": standing,
        "availability": _availability(studied, records, normal),
        "assumptions": [*unknown, *assumptions(case)],
        "unknown": unknown,
    }


def _normal(studied: Studied) -> Row:
    """The normal state: what it breaks before anything fails."""
    rows = rows_of_limits(studied.normal.fine.limits, [])
    rows += _rules_of_chain(studied).get(NORMAL.name, [])
    broken, reason = broken_rows(rows, {}), "; ".join(studied.ground.reasons)
    return {
        "verdict": verdict_of(broken, reason),
        "reason": reason,
        "broken": broken,
        "limits": tightest(rows),
    }


def _rules_of_chain(studied: Studied) -> dict[str, list[Row]]:
    """Rules of the power chain that do not hold, by the name of the state; no advice."""
    found: dict[str, list[Row]] = {}
    for finding in studied.power.findings if studied.power is not None else ():
        if not finding.check.informational:
            name = NORMAL.name if finding.failure == EVERY else finding.failure
            found.setdefault(name, []).append(row_of_finding(finding))
    return found


def _record(studied: Studied, one: Solved, rules: Mapping[str, list[Row]]) -> Row:
    normal = studied.normal
    outage, case = one.state.first, studied.ground.case
    known: dict[tuple[str, str], bool | None] = {
        place: limit.holds for place, limit in normal.limits.items()
    }
    rows = rows_of_limits(one.limits, one.passed, one.course.span)
    reason = "; ".join(one.reasons)
    known |= {(row["limit"], row["where"]): False for row in rules.get(NORMAL.name, [])}
    rows += rules.get(one.state.name, [])
    broken = broken_rows(rows, known)
    first = first_of(broken)
    lost = one.course.unserved
    return {
        "state": one.state.name,
        "kind_of_state": one.state.kind,
        "component": " and ".join(dict.fromkeys(p.outage.component for p in one.state.parts)),
        "kind": outage.kind,
        "mode": outage.mode,
        "subsystem": outage.subsystem,
        "subsystems": list(dict.fromkeys(p.outage.subsystem for p in one.state.parts)),
        "verdict": verdict_of(broken, reason),
        "reason": reason,
        "warnings": list(dict.fromkeys(one.warnings)),
        "air": one.air.how,
        "in_time": one.grid or ("coolant" if one.series else "none"),
        "broken": broken,
        "buffer_used_s": buffer_used(case, one.series),
        "first_limit_s": first and first["at_s"],
        "first_limit_sure": first is not None and first["holds"] is False,
        "first_limit_earliest_s": first and first["earliest_s"],
        "first_limit_latest_s": first and first["latest_s"],
        "unserved_kw": sum(lost.values()) / 1e3,
        "unserved_loads": sorted(lost),
        "unserved_at_s": unserved_at(one.course, lost),
        "throttled_kw": sum(one.throttled.values()) / 1e3,
        "nearest": nearest_limit(rows, normal.limits),
        "limits": tightest(rows),
        "events": [words(e) for e in one.course.spec.events],
        **_rates(case, one),
    }


def first_of(broken: Sequence[Row]) -> Row | None:
    """The first limit that breaks in time for sure; where none does, that which most likely does.

    The latter says when a state breaks that is broken in the end, or undecided.
    """
    timed = [row for row in broken if row["at_s"] is not None]
    sure = [row for row in timed if row["holds"] is False]
    return min(sure or timed, key=lambda row: row["at_s"], default=None)


def unserved_at(course: Course, lost: Mapping[str, float]) -> float | None:
    """When the first server lacks power [s]: at once or on an empty battery; None if never."""
    times = (e.at for e in course.spec.events if e.item in lost)
    return min(times, default=0.0 if lost else None)


def _rates(case: Case, one: Solved) -> Row:
    """How often a single failure happens and how long it lasts, where that is known."""
    known = rate_of(case, one.state.first) if one.state.kind == SINGLE else None
    rate, repair, start = (None, None, None) if known is None else known
    # Named after the loss that asks for the start (power.study).
    starts = one.state.kind == SINGLE and one.state.first.mode.startswith(START)
    asked_by = one.state.name.rpartition(" and ")[0] if starts else None
    return {
        "rate_per_year": rate,
        "repair_h": repair,
        "start_failure": start,
        "asked_by": asked_by,
    }


def single_points(ordered: Sequence[Row]) -> list[Row]:
    """Components whose failure alone breaks a limit that holds normally, with the worst of it."""
    found: dict[str, Row] = {}
    for record in ordered:
        if record["kind_of_state"] == SINGLE and record["verdict"] == FAIL:
            worst = record["broken"][0]
            found.setdefault(
                record["component"],
                {
                    "component": record["component"],
                    "state": record["state"],
                    "limit": worst["limit"],
                    "where": worst["where"],
                    "first_limit_s": record["first_limit_s"],
                },
            )
    return list(found.values())


def _counts(studied: Studied, records: Sequence[Row]) -> Row:
    """How the states came by their solutions."""
    ways = [record["air"] for record in records]
    misses = [one.air.missed for one in studied.states if one.air.missed is not None]
    verdicts = [record["verdict"] for record in records]
    return {
        "states": len(records),
        "batched": len(records),
        "air_reused": ways.count("reused"),
        "air_screened": ways.count("screened"),
        "air_coarse_only": ways.count("coarse"),
        "air_solved": len({id(one.air) for one in studied.states if one.air.how == "solved"}),
        "air_shared": ways.count("solved")
        - len({id(one.air) for one in studied.states if one.air.how == "solved"}),
        "air_endless": ways.count("endless"),
        "marched": sum(record["in_time"] in ("coarse", "fine") for record in records),
        "marched_coolant": sum(record["in_time"] == "coolant" for record in records),
        "tasks_computed": studied.computed,
        "screening_miss": max(misses, default=None),
        **{name: verdicts.count(name) for name in (PASS, FAIL, UNSURE, UNSOLVED)},
    }


def _verdict(normal: Row, records: Sequence[Row], standing: Sequence[Row]) -> str:
    """Fail where the normal state or a claim fails, or where a single failure does without claims.

    A case that claims nothing is held to N+1.
    """
    claimed = [row for row in standing if row["claimed"] is not None]
    judged = [row["holds"] for row in claimed]
    if not claimed:
        told = {FAIL: False, PASS: True}
        judged = [told.get(r["verdict"]) for r in records if r["kind_of_state"] != PAIR]
    if normal["verdict"] == FAIL or False in judged:
        return FAIL
    return UNSURE if None in judged or normal["verdict"] != PASS else PASS


def _availability(studied: Studied, records: Sequence[Row], normal: Row) -> Row:
    """Hours a year; two failures at once count where both come by themselves."""
    exposures, pairs = [], []
    told = {FAIL: True, PASS: False}
    for record, one in zip(records, studied.states, strict=True):
        broken, parts = told.get(record["verdict"]), [p.outage for p in one.state.parts]
        start = record["start_failure"]
        if record["kind_of_state"] == SINGLE:
            exposures.append(
                Exposure(
                    state=record["state"],
                    component=record["component"],
                    rate=record["rate_per_year"],
                    repair=record["repair_h"],
                    broken=broken,
                    start_failure=1.0 if start is None else start,
                    seconds_broken=_seconds(record) if broken else None,
                )
            )
        elif record["kind_of_state"] == PAIR and _by_themselves(parts):
            pairs.append(Pair(parts[0].name, parts[1].name, broken))
    return availability_row(availability(exposures, pairs, told.get(normal["verdict"])))


def _by_themselves(parts: Sequence[Outage]) -> bool:
    """Whether two failures come each at its rate: not of generators, which are asked for."""
    return len(parts) == 2 and not any(isinstance(outage.entry, Generator) for outage in parts)


def _seconds(record: Row) -> float | None:
    """How long limits are broken, where all of them only are in passing [s].

    Of what holds in the end, and is not back while it is followed, that long.
    """
    rows = [row for row in record["broken"] if row["holds"] is False]
    backs = [row["back_s"] if row["back_s"] is not None else row["back_after_s"] for row in rows]
    starts = [row["at_s"] for row in rows]
    if None in backs or None in starts or record["unserved_kw"] > 0.0:
        return None
    return float(np.max(backs) - np.min(starts))


def availability_row(found: Availability) -> Row:
    """Hours a year, and what contributes to them."""
    return {
        "hours_broken_per_year": found.hours_broken,
        "hours_undecided_per_year": found.hours_undecided,
        "hours_beyond_per_year": found.hours_beyond,
        "states_without_rates": list(found.unknown),
        "by_component": [
            {"component": name, "hours_per_year": hours} for name, hours in found.by_component
        ],
    }
