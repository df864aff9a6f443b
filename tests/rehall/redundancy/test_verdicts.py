"""When a state breaks a limit, when nobody can tell, and what follows for a subsystem."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from power.states import Failure
from rehall.electrical import power_side
from rehall.redundancy.chosen import PAIR, SIDE, SINGLE, chosen, twice
from rehall.redundancy.course import _alike, _least
from rehall.redundancy.in_time import sharpened
from rehall.redundancy.outage import Outage, event
from rehall.redundancy.outages import outages
from rehall.redundancy.passing import Passing, _worst
from rehall.redundancy.rates import all_lost, rate_of
from rehall.redundancy.record import (
    FAIL,
    PASS,
    UNSOLVED,
    UNSURE,
    broken_rows,
    by_severity,
    nearest_limit,
    rows_of_limits,
    verdict_of,
)
from rehall.redundancy.screening import SETTLED, by_place, calm, estimated, miss, safe
from rehall.redundancy.standing import standings
from rehall.redundancy.summary import _rates, _seconds, first_of
from rehall.verdict import Limit


def inlet(value: float, unsure: float | None = 0.2, where: str = "A01") -> Limit:
    return Limit("rack_inlet_max", where, value, 27.0, "degC", unsure)


def in_time(value: float, at: float | None, back: float | None = None, unsure=0.2) -> Passing:
    limit = Limit("rack_inlet_max_transient", "A01", value, 27.0, "degC", unsure)
    return Passing(limit, at, back)


def verdict(limits, passed=(), normal=(), reason=""):
    known = {(limit.name, limit.where): limit.holds for limit in normal}
    return verdict_of(broken_rows(rows_of_limits(limits, passed), known), reason)


@pytest.mark.parametrize(
    ("end", "normal", "wanted"),
    [
        (inlet(26.0), inlet(24.0), PASS),
        (inlet(28.0), inlet(24.0), FAIL),
        (inlet(27.1), inlet(24.0), UNSURE),
        (inlet(60.0, None), inlet(24.0), UNSURE),
        (inlet(60.0, None), inlet(24.0, None), UNSURE),  # nothing known before, nothing after
        (inlet(28.0), inlet(27.1), FAIL),
        (inlet(29.0), inlet(28.0), PASS),  # broken before: not by this failure
    ],
)
def test_state_is_judged_by_what_it_breaks_that_held(end, normal, wanted):
    assert verdict([end], normal=[normal]) == wanted


def test_state_without_solution_is_unsolved_unless_something_breaks_for_sure():
    assert verdict([inlet(25.0)], reason="no flow") == UNSOLVED
    assert verdict([inlet(28.0)], reason="no flow") == FAIL


def test_limit_that_is_broken_in_the_end_is_not_back_however_the_march_ends():
    (row,) = rows_of_limits([inlet(27.6)], [in_time(29.0, 20.0, back=100.0)])
    assert (row["at_s"], row["back_s"]) == (20.0, None)
    (row,) = rows_of_limits([inlet(25.0)], [in_time(29.0, 20.0, back=100.0)])
    assert (row["at_s"], row["back_s"]) == (20.0, 100.0)
    assert row["holds"] is False


def test_state_that_costs_most_comes_first_then_the_one_that_breaks_soonest():
    def record(name, first, unserved_at, kw=0.0, throttled=0.0, limit="rack_inlet_max"):
        return {
            "state": name,
            "verdict": FAIL,
            "first_limit_s": first,
            "unserved_at_s": unserved_at,
            "unserved_kw": kw,
            "throttled_kw": throttled,
            "broken": [{"limit": limit, "holds": False}],
        }

    records = [
        record("whip", None, 0.0, 4.0, limit="unserved_power"),
        record("never", None, None),
        record("late", 40.0, None),
        record("soon", 10.0, 0.0, 4.0),
        record("batteries", None, 500.0, 990.0, limit="unserved_power"),
        record("water", 30.0, None, throttled=810.0),
    ]
    wanted = ["batteries", "water", "soon", "late", "never", "whip"]
    assert [r["state"] for r in by_severity(records, 1000.0)] == wanted


def test_worst_of_a_state_is_a_limit_that_has_a_share_left():
    unserved = Limit("unserved_power", "A01", 4.4, 0.0, "kW", 0.0)
    stored = Limit("air_heat_stored", "hall", np.inf, 0.0, "kW", 0.0)
    rows = broken_rows(rows_of_limits([unserved, stored, inlet(28.0), inlet(29.0)], []), {})
    assert [row["limit"] for row in rows[:1]] == ["rack_inlet_max"]
    assert rows[0]["value"] == 29.0


def test_time_of_a_limit_that_is_broken_in_the_end_is_told_as_what_it_is():
    undecided = Passing(in_time(28.0, 42.0, unsure=9.0).limit, 42.0, None, 12.0, None)
    (row,) = broken_rows(rows_of_limits([inlet(27.6, None)], [undecided]), {})
    assert (row["at_s"], row["earliest_s"], row["latest_s"]) == (42.0, 12.0, None)
    assert first_of([row])["at_s"] == 42.0
    sure = row | {"at_s": 60.0, "holds": False}
    assert first_of([row, sure])["at_s"] == 60.0
    assert first_of([]) is None


def test_what_is_back_in_the_end_only_is_out_as_long_as_it_was_followed():
    (row,) = rows_of_limits([inlet(25.0)], [in_time(29.0, 20.0)], 430.0)
    assert (row["at_s"], row["back_s"], row["back_after_s"]) == (20.0, None, 430.0)
    state = {"broken": [row], "unserved_kw": 0.0}
    assert _seconds(state) == pytest.approx(410.0)
    (row,) = rows_of_limits([inlet(28.0)], [in_time(29.0, 20.0)], 430.0)
    assert _seconds({"broken": [row], "unserved_kw": 0.0}) is None


def test_nearest_limit_is_one_that_has_less_left_than_before():
    before = by_place([inlet(24.0), inlet(26.9, where="B01")])
    rows = rows_of_limits([inlet(26.0), inlet(26.9, where="B01")], [])
    assert nearest_limit(rows, before)["where"] == "A01"


def test_march_that_begins_beyond_a_limit_tells_nothing_of_it():
    t, on = np.array([0.0, 1.0, 2.0]), np.ones(3, bool)
    above = np.array([28.0, 29.0, 30.0])
    sure = np.zeros(3)
    assert not list(_worst("x", "A01", t, above, on, 27.0, "degC", sure))
    (found,) = _worst("x", "A01", t, above - 2.0, on, 27.0, "degC", sure)
    assert (found.at, found.back) == (1.0, None)
    assert (found.earliest, found.latest) == (1.0, 1.0)
    (wide,) = _worst("x", "A01", t, above - 2.0, on, 27.0, "degC", sure + 0.5)
    assert (wide.earliest, wide.at, wide.latest) == (0.5, 1.0, 1.5)
    (unknown,) = _worst("x", "A01", t, above - 2.0, on, 27.0, "degC", None)
    assert (unknown.at, unknown.latest) == (1.0, None)
    assert unknown.limit.holds is None


def test_fine_march_decides_within_its_span():
    coarse = in_time(29.0, 20.0)
    confirmed = sharpened(coarse, in_time(28.0, 24.0), 30.0)
    assert confirmed.at == 24.0
    assert confirmed.limit.holds is False
    refuted = sharpened(coarse, in_time(26.0, None), 30.0)
    assert refuted.at is None
    assert refuted.limit.holds is None
    later = sharpened(in_time(29.0, 50.0), in_time(26.0, None), 30.0)
    assert later.at == 50.0


def test_estimate_moves_the_fine_normal_state_by_what_changes_on_the_coarse_one():
    fine, coarse = by_place([inlet(24.0, 0.5)]), by_place([inlet(25.0)])
    (guess,) = estimated(fine, coarse, [inlet(26.0)])
    assert guess.value == pytest.approx(25.0)
    assert guess.uncertainty == pytest.approx(0.5 + 1.0 + SETTLED)
    assert miss([guess], [inlet(25.95)]) == pytest.approx(0.5)
    assert safe([guess], fine)
    assert calm([inlet(25.0, 0.9)], fine)
    assert not calm([inlet(25.5, 0.6)], fine)  # 1.5 K of margin, 0.6 unknown, 1.5 beyond
    (unknown,) = estimated(by_place([inlet(24.0, None)]), coarse, [inlet(25.1)])
    assert not safe([unknown], by_place([inlet(24.0, None)]))
    assert safe([inlet(28.0)], by_place([inlet(28.0)]))  # broken before


def records(verdicts: dict[str, str], kind: str = SINGLE, group: str = "pumps") -> list[dict]:
    return [
        {
            "state": name,
            "kind_of_state": kind,
            "subsystem": group,
            "subsystems": [group],
            "verdict": found,
        }
        for name, found in verdicts.items()
    ]


@pytest.mark.parametrize(
    ("singles", "pairs", "sides", "claim", "has", "holds"),
    [
        ([PASS, PASS], [], [], "N+1", "N+1", True),
        ([FAIL, FAIL], [], [], "N+1", "N", False),
        ([FAIL, FAIL], [], [], "N", "N", True),
        ([FAIL, PASS], [], [], "N+1", "N+1 except 0", False),
        ([UNSURE, PASS], [], [], "N+1", "N+1, of which 1 cannot be told", None),
        ([PASS, PASS], [PASS], [], "N+2", "N+2", True),
        ([PASS, PASS], [FAIL], [PASS, PASS], "N+2", "N+1, 2N", False),
        ([PASS, PASS], [], [PASS, PASS], "2N", "N+1, 2N", True),
        ([PASS, PASS], [], [PASS, FAIL], "2N", "N+1", False),
        ([PASS, PASS], [], [], "2N", "N+1", None),  # no side was solved
        ([PASS, PASS], [], [], "N+2", "N+1", None),
        ([PASS, PASS], [PASS], [], "N+3", "N+2", None),
        ([PASS], [], [], "N+1", "N+1", None),  # one of two failures was solved
        ([FAIL], [], [], "N+1", "N", False),
    ],
)
def test_standing_of_a_subsystem(singles, pairs, sides, claim, has, holds):
    found = records({str(n): v for n, v in enumerate(singles)})
    found += records({f"pair {n}": v for n, v in enumerate(pairs)}, PAIR)
    found += records({f"side {n}": v for n, v in enumerate(sides)}, SIDE)
    (row,) = standings(found, {"pumps": claim}, {"pumps": 2})
    assert row["has"] == has
    assert row["holds"] is holds


def test_generator_that_does_not_start_is_judged_beside_the_loss_that_asks_for_it():
    row = {"limit": "rack_inlet_max", "where": "A01", "holds": False}
    lost = records({"utility lost": FAIL})[0] | {"broken": [row], "subsystem": "chain"}
    asked = {"asked_by": "utility lost", "subsystem": "sets", "subsystems": ["sets"]}
    same = records({"a unit does not start": FAIL})[0] | asked | {"broken": [row]}
    more = same | {"broken": [row, row | {"where": "B01"}]}
    assert standings([lost, same], {"sets": "N+1"}, {"sets": 1})[1]["holds"] is True
    assert standings([lost, more], {"sets": "N+1"}, {"sets": 1})[1]["holds"] is False


def test_pair_of_two_subsystems_tells_nothing_of_either():
    found = records({"0": PASS, "1": PASS})
    both = records({"both": FAIL}, PAIR)[0] | {"subsystems": ["pumps", "fans"]}
    (row,) = standings([*found, both], {"pumps": "N+2"}, {"pumps": 2})
    assert row["has"] == "N+1"


def test_two_of_those_that_are_alike():
    chillers = Outage("a chiller lost", "c", "chiller", "off", "r", (event("chw", rejection=3),))
    assert twice(chillers).events[0].rejection == 2
    units = Outage("a unit", "U", "ups", "unit", "chain", chain=Failure(units=(("U", 1),)))
    assert twice(units).chain.units == (("U", 2),)
    shelf = Failure(supplies=(("A01", "BA", 0.75),))
    assert twice(Outage("a shelf", "s", "s", "off", "w", chain=shelf)).chain.supplies == (
        ("A01", "BA", 0.5),
    )


def test_further_failure_leaves_the_history_of_loads_that_it_does_not_touch():
    from power.interruptions import Supply

    off_and_on = (Supply(0.0, 0.0), Supply(12.5, 9e3))
    assert _alike(off_and_on, (Supply(0.0, 0.0), Supply(13.0, 9e3)))
    assert not _alike(off_and_on, (Supply(0.0, 0.0), Supply(372.0, 9e3)))
    old = [(0.0, 0.0), (12.5, 9e3)]
    assert _least(old, [(60.0, 4e3)], 60.0) == [(0.0, 0.0), (12.5, 9e3), (60.0, 4e3)]
    assert _least(old, [(5.0, 9e3)], 5.0) == [(0.0, 0.0), (5.0, 0.0), (12.5, 9e3)]


TWO = """
    - {name: utility, of: utility, voltage: 13.8 kV}
    - {name: other, of: utility, voltage: 13.8 kV}
    - {name: GEN, of: {like: generator_2500, units: 3}}
    - {name: MV, of: mv_switch_630, fed_by: [utility, other, GEN]}
    - {name: TA, of: transformer_2500, fed_by: MV}
    - {name: TB, of: transformer_2500, fed_by: MV}
"""


def test_generators_are_asked_for_when_all_utilities_are_lost(tmp_path, sound_text, case_of):
    old = sound_text[sound_text.index("    - {name: utility") : sound_text.index("    - {name: UA")]
    text = sound_text.replace(old, TWO.lstrip("\n"))
    case = case_of(tmp_path, text.replace("  contracted_demand: 2500 kW\n", ""))
    by_name = {outage.name: outage for outage in outages(case, power_side(case))}
    one, repair, _ = rate_of(case, by_name["utility lost"])
    both = all_lost(case)
    assert both[0] == pytest.approx(2 * one * one * repair / 8760)
    assert both[1] == pytest.approx(repair / 2)
    lost = "other lost and utility lost"
    names = [name for name in by_name if "GEN" in name]
    whole = next(n for n in names if n.endswith("GEN does not start") and "a unit" not in n)
    unit = next(n for n in names if "a unit of GEN" in n)
    p = rate_of(case, by_name[whole])[2] ** (1 / 3)
    assert 0.0 < p < 0.1, lost
    assert rate_of(case, by_name[unit])[2] == pytest.approx(1 - (1 - p) ** 3)
    assert rate_of(case, by_name[whole])[:2] == pytest.approx(both)


def test_only_what_does_not_start_is_asked_for(tmp_path, sound_text, case_of):
    old = sound_text[sound_text.index("    - {name: utility") : sound_text.index("    - {name: UA")]
    one = TWO.replace("    - {name: other, of: utility, voltage: 13.8 kV}\n", "")
    text = sound_text.replace(old, one.replace("other, ", "").lstrip("\n"))
    case = case_of(tmp_path, text)
    side = power_side(case)
    states = chosen(case, side, outages(case, side))
    asked = {state.name: _rates(case, SimpleNamespace(state=state))["asked_by"] for state in states}
    told = {name: by for name, by in asked.items() if by is not None}
    assert set(told) == {name for name in asked if name.endswith("does not start")}
    assert set(told.values()) == {"utility lost"}
    assert len(asked) > len(told)


HASHED = """
import sys
from pathlib import Path
sys.path.insert(0, "tests/rehall/redundancy")
from rehall.config import load
from rehall.electrical import power_side
from rehall.nominal_power import nominal_powers
from rehall.redundancy.chosen import chosen
from rehall.redundancy.clusters import key_of, coolant_key
from rehall.redundancy.course import chains_of, course
from rehall.redundancy.outages import outages
from power.study import NORMAL, study
case = load(sys.argv[1]); side = power_side(case)
(state,) = chosen(case, side, outages(case, side), ("utility lost",))
rows = {NORMAL: 0, **{f: 1 for _, f in chains_of(state.parts)}}
found = study(side.model, side.in_order(nominal_powers(case)), list(rows))
one = course(case, state.parts, found, rows, 60.0)
print(key_of(one, case), coolant_key(one))
"""


def test_keys_of_states_do_not_hang_on_the_order_of_sets(tmp_path, sound_text, case_of):
    case_of(tmp_path, sound_text)
    told = {
        subprocess.run(
            [sys.executable, "-c", HASHED, str(tmp_path / "hall.yaml")],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
