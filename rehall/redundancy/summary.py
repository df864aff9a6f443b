"""A study of failures as numbers: records by severity, redundancy by subsystem, hours a year."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rehall.config import Case
from rehall.events import words
from rehall.redundancy.assumptions import assumptions
from rehall.redundancy.availability import (
    Availability,
    Exposure,
    Pair,
    availability,
    reliability_of,
)
from rehall.redundancy.chosen import PAIR, SINGLE
from rehall.redundancy.course import Course
from rehall.redundancy.passing import buffer_used, first
from rehall.redundancy.record import (
    FAIL,
    PASS,
    UNSOLVED,
    UNSURE,
    broken_rows,
    by_severity,
    row_of_finding,
    rows_of_limits,
    tightest,
    verdict_of,
)
from rehall.redundancy.standing import standings
from rehall.redundancy.study import Solved, Studied
from rehall.schema.entries import Generator, Utility
from rehall.summary import device_name

Row = dict[str, Any]


def summarise_study(studied: Studied) -> Row:
    """Every number of a study, as `redundancy.json` holds it."""
    case = studied.ground.case
    records = [_record(studied, n) for n in range(len(studied.states))]
    ordered = by_severity(records)
    standing = standings(records, case.redundancy.claims)
    normal = _normal(studied)
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
        "assumptions": assumptions(case),
    }


def _normal(studied: Studied) -> Row:
    """The normal state: what it breaks before anything fails."""
    rows = rows_of_limits(studied.normal.fine.limits, [])
    if studied.power is not None:
        rows += [row_of_finding(f, None) for f in studied.power.broken(0)]
    broken = broken_rows(rows, {})
    return {"verdict": verdict_of(broken, ""), "broken": broken, "limits": tightest(rows)}


def _record(studied: Studied, n: int) -> Row:
    one, normal = studied.states[n], studied.normal
    outage, case = one.state.first, studied.ground.case
    known: dict[tuple[str, str], bool | None] = {
        place: limit.holds for place, limit in normal.limits.items()
    }
    at = first(one.passed)
    rows = rows_of_limits(one.limits, one.passed)
    reason = "; ".join(one.reasons)
    if studied.power is not None:
        study = studied.power
        known |= {(f.check.rule.replace(" ", "_"), f.check.node): False for f in study.broken(0)}
        rows += [row_of_finding(f, None) for f in study.broken(n + 1)]
    broken = broken_rows(rows, known)
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
        "air": one.air.how,
        "in_time": one.grid or ("coolant" if one.series else "none"),
        "broken": broken,
        "buffer_used_s": buffer_used(case, one.series),
        "first_limit_s": at if any(row["at_s"] is not None for row in broken) else None,
        "unserved_kw": sum(lost.values()) / 1e3,
        "unserved_loads": sorted(lost),
        "unserved_at_s": unserved_at(one.course, lost),
        "throttled_kw": sum(one.throttled.values()) / 1e3,
        "limits": tightest(rows),
        "events": [words(e) for e in one.course.spec.events],
        **_rates(case, one),
    }


def unserved_at(course: Course, lost: Mapping[str, float]) -> float | None:
    """When the first server lacks power [s]: at once or on an empty battery; None if never."""
    times = (e.at for e in course.spec.events if e.item in lost)
    return min(times, default=0.0 if lost else None)


def _rates(case: Case, one: Solved) -> Row:
    """How often a single failure happens and how long it lasts, where that is known."""
    if one.state.kind != SINGLE:
        return {"rate_per_year": None, "repair_h": None, "start_failure": None}
    outage = one.state.first
    own = getattr(outage.entry, "reliability", None)
    mode = outage.mode.removeprefix("start, ")
    found = reliability_of(outage.kind, mode, own)
    if isinstance(outage.entry, Generator):  # it is asked for when the utility is lost
        utility = next((i.entry for i in case.nodes if isinstance(i.entry, Utility)), None)
        asked = reliability_of("utility", "off", getattr(utility, "reliability", None))
        start = None if found is None else found.start_failure
        found, known = asked, start is not None
        if asked is None or not known:
            return {"rate_per_year": None, "repair_h": None, "start_failure": None}
        return {"rate_per_year": asked.rate, "repair_h": asked.repair, "start_failure": start}
    if found is None or found.rate is None:
        return {"rate_per_year": None, "repair_h": None, "start_failure": None}
    many = outage.count * found.rate
    return {"rate_per_year": many, "repair_h": found.repair, "start_failure": 1.0}


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
    exposures, pairs = [], []
    told = {FAIL: True, PASS: False}
    for record, one in zip(records, studied.states, strict=True):
        broken = told.get(record["verdict"])
        if record["kind_of_state"] == SINGLE:
            exposures.append(
                Exposure(
                    state=record["state"],
                    component=record["component"],
                    rate=record["rate_per_year"],
                    repair=record["repair_h"],
                    broken=broken,
                    start_failure=record["start_failure"] or 1.0,
                    seconds_broken=_seconds(record) if broken else None,
                )
            )
        elif record["kind_of_state"] == PAIR:
            names = [part.outage.name for part in one.state.parts]
            pairs.append(Pair(names[0], names[1], broken))
    found = availability(exposures, pairs, told.get(normal["verdict"]) is True)
    return availability_row(found)


def _seconds(record: Row) -> float | None:
    """How long limits are broken, where all of them only are in passing [s]."""
    rows = [row for row in record["broken"] if row["holds"] is False]
    passing = all(row["at_s"] is not None and row["back_s"] is not None for row in rows)
    if not passing or record["unserved_kw"] > 0.0:
        return None
    return float(np.max([row["back_s"] for row in rows]) - np.min([row["at_s"] for row in rows]))


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
