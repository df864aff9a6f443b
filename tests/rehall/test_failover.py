"""Standby units and pumps that answer the loss of others: which start, and when."""

from dataclasses import replace

import pytest

from geometry.errors import InputError
from rehall.config import load
from rehall.events import after, words
from rehall.operated import FacilityItem, operated, pumps_after, tripped_by, turning
from rehall.validation.runner import default_root

CONFIGS = default_root().parent / "configs"


@pytest.fixture
def events_of(tmp_path):
    """Return a function: the events of the AI hall, in words, with loops and events as given."""

    def loaded(*events, off="[CDU04]", loop="failover: 5 s", pumps="", cdu=""):
        text = (CONFIGS / "ai_hall.yaml").read_text()
        for old, new in (
            ("include: common/", f"include: {CONFIGS}/common/"),
            ("weather: weather/", f"weather: {CONFIGS}/weather/"),
            ("volume: 6 m3,", f"volume: 6 m3, {pumps}"),
            ("      control: {differential", f"      {loop}\n      control: {{differential"),
        ):
            assert text.count(old) == 1
            text = text.replace(old, new)
        if cdu:
            text = text.replace("of: coolit_chx2000", f"of: {{like: coolit_chx2000, {cdu}}}")
        path = tmp_path / "case.yaml"
        lines = "".join(f"\n    - {event}" for event in events)
        path.write_text(f"{text}\noff: {off}\ntransient:\n  duration: 100 s\n  events:{lines}\n")
        return [words(event) for event in load(path).transient.events]

    return loaded


def test_a_unit_that_stands_by_replaces_one_that_is_lost(events_of):
    found = events_of("{at: 10 s, item: CDU02, state: off}")
    assert found == ["10 s: CDU02 state off", "15 s: CDU04 state on"]


def test_every_unit_lost_is_replaced_as_long_as_there_are_some(events_of):
    found = events_of(
        "{at: 10 s, item: CDU02, state: off}",
        "{at: 12 s, item: CDU01, state: off}",
        "{at: 40 s, item: CDU04, state: off}",
        off="[CDU03, CDU04]",
    )
    assert found[2:] == [
        "15 s: CDU03 state on",
        "17 s: CDU04 state on",
        "40 s: CDU04 state off",  # and nothing is left to answer
    ]


def test_a_unit_that_comes_back_in_time_is_not_replaced(events_of):
    found = events_of("{at: 10 s, item: CDU02, state: off}", "{at: 13 s, item: CDU02, state: on}")
    assert found == ["10 s: CDU02 state off", "13 s: CDU02 state on"]


def test_a_unit_that_is_lost_with_the_others_does_not_start(events_of):
    assert events_of("{at: 10 s, item: CDU, state: off}") == ["10 s: CDU state off"]


def test_what_would_come_after_the_end_is_left_out_and_told(tmp_path, events_of):
    assert len(events_of("{at: 97 s, item: CDU02, state: off}")) == 1
    (told,) = [str(w) for w in load(tmp_path / "case.yaml").warnings if "stands by" in str(w)]
    assert "tcs: what stands by would start at 102 s, after the end at 100 s" in told


def test_pumps_that_stand_by_replace_those_that_stop_and_no_more(events_of):
    pumps = "pumps: {count: 4, duty: 2, failover: 8 s},"
    assert events_of("{at: 1 s, item: fws, pumps: 1}", pumps=pumps)[1] == "9 s: fws pumps 2"
    lost = "{at: 1 s, item: fws, pumps: 0}"
    assert events_of(lost, pumps=pumps)[1] == "9 s: fws pumps 2"
    few = pumps.replace("count: 4", "count: 3")
    assert events_of(lost, pumps=few)[1] == "9 s: fws pumps 1"
    twice = events_of(lost, "{at: 20 s, item: fws, pumps: 0}", pumps=pumps)
    assert twice[1:] == ["9 s: fws pumps 2", "20 s: fws pumps 0"]


def test_a_pump_that_trips_is_replaced_by_one_that_has_not(events_of):
    pumps = "pumps: {count: 3, duty: 2, failover: 8 s},"
    trips = "{at: 1 s, item: fws, trip: [%s]}"
    assert events_of(trips % 1, pumps=pumps) == ["1 s: fws trip 1", "9 s: fws pumps 2"]
    assert events_of(trips % "1, 2", pumps=pumps)[1:] == ["9 s: fws pumps 1"]
    standby = events_of(trips % 3, "{at: 20 s, item: fws, trip: [1]}", pumps=pumps)
    assert standby[1:] == ["20 s: fws trip 1"]  # and pump 2 runs alone


def test_a_unit_that_stands_by_starts_with_what_events_have_left_of_it(events_of):
    off = "{at: 10 s, item: CDU02, state: off}"
    pump = "pump: {curve: [[0 L/min, 280 kPa], [1500 L/min, 241 kPa]], power: 15 kW, "
    two = pump + "count: 2, duty: 2}"
    assert events_of("{at: 1 s, item: CDU04, trip: [1]}", off, cdu=two)[2:] == [
        "15 s: CDU04 pumps 1"
    ]
    assert len(events_of("{at: 1 s, item: CDU04, trip: [1, 2]}", off, cdu=two)) == 2
    shut = events_of("{at: 1 s, item: CDU04, water: off}", off)
    assert shut == ["1 s: CDU04 water off", "10 s: CDU02 state off", "15 s: CDU04 pumps 1"]
    assert events_of("{at: 1 s, item: CDU04, filters: 2}", off)[2:] == ["15 s: CDU04 state on"]


def test_a_loop_without_power_has_no_pump_to_start(events_of):
    pumps = "pumps: {count: 4, duty: 2, failover: 8 s},"
    assert len(events_of("{at: 1 s, item: fws, state: off}", pumps=pumps)) == 1


def test_pumps_of_a_unit_replace_each_other(events_of):
    pump = "pump: {curve: [[0 L/min, 280 kPa], [1500 L/min, 241 kPa]], power: 15 kW,"
    pump += " count: 2, duty: 1, failover: 2 s}"
    found = events_of("{at: 3 s, item: CDU02, pumps: 0}", cdu=pump)
    assert found == ["3 s: CDU02 pumps 0", "5 s: CDU02 pumps 1"]


def test_what_is_switched_off_as_a_whole_is_not_started_by_its_standby_pumps(events_of):
    pumps = "pumps: {count: 4, duty: 2, failover: 8 s},"
    stop, off = "{at: 1 s, item: fws, pumps: 1}", "{at: 3 s, item: fws, state: off}"
    assert len(events_of(stop, off, pumps=pumps)) == 2
    on = "{at: 20 s, item: fws, state: on}"
    again = events_of(stop, off, on, "{at: 30 s, item: fws, pumps: 1}", pumps=pumps)
    assert again[4:] == ["38 s: fws pumps 2"]
    pump = "pump: {curve: [[0 L/min, 280 kPa], [1500 L/min, 241 kPa]], power: 15 kW,"
    pump += " count: 2, duty: 1, failover: 3 s}"
    unit = "{at: 2 s, item: CDU01, pumps: 0}", "{at: 3 s, item: CDU01, state: off}"
    assert events_of(*unit, cdu=pump)[2:] == ["8 s: CDU04 state on"]


def test_a_unit_without_pumps_is_lost_unless_it_has_some_of_its_own(events_of):
    stop = "{at: 10 s, item: CDU01, pumps: 0}"
    assert events_of(stop)[1:] == ["15 s: CDU04 state on"]
    pump = "pump: {curve: [[0 L/min, 280 kPa], [1500 L/min, 241 kPa]], power: 15 kW,"
    pump += " count: 2, duty: 1, failover: 2 s}"
    twice = events_of(stop, "{at: 20 s, item: CDU01, pumps: 0}", cdu=pump)
    assert twice[1:] == [
        "12 s: CDU01 pumps 1",
        "20 s: CDU01 pumps 0",  # the second one too
        "25 s: CDU04 state on",
    ]


def test_pumps_of_a_row_do_not_start_a_unit_of_it_that_stands_by(tmp_path, events_of):
    events_of("{at: 10 s, item: CDU, pumps: 1}")
    case = load(tmp_path / "case.yaml")
    now = after(case.transient.events[0], operated(case), operated(case))
    on = {item.name: item.on for item in now.items if item.kind == "cdu"}
    assert on == {"CDU01": True, "CDU02": True, "CDU03": True, "CDU04": False}


def test_pumps_that_an_event_has_stopped_run_again_last_of_all():
    now = FacilityItem("fws", count=3, pumps=2, machines=1)
    for asked, runs in ((1, [0]), (2, [0, 2]), (0, []), (1, [0]), (3, [0, 1, 2]), (2, [0, 1])):
        tripped = tripped_by(now, asked)
        now = replace(now, pumps=asked, tripped=tripped)
        assert sorted(turning(now)) == runs


def test_a_pump_that_trips_stops_and_no_other_until_pumps_are_asked_for_again():
    now = FacilityItem("fws", count=4, pumps=3, machines=1)
    for trip, runs in (((2,), [0, 2]), ((4,), [0, 2]), ((1, 2), [2])):
        asked, tripped = pumps_after(now, trip)
        now = replace(now, pumps=asked, tripped=tripped)
        assert sorted(turning(now)) == runs
    assert now.tripped == (0, 1, 3)
    assert sorted(turning(now, 2)) == [0, 2]
    assert tripped_by(now, 2) == (1, 3)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("{at: 1 s, item: A, water: off}", "water: A has no coil on facility water"),
        ("{at: 1 s, item: CDU01, filters: 0.5}", "found 0.5, wanted at least 1"),
        ("{at: 1 s, item: CDU01, trip: [2]}", "trip: CDU01 has 1 pumps; wanted numbers from 1 to"),
        ("{at: 1 s, item: CDU01, water: 2}", "found 2, wanted one of 'on' or 'off'"),
    ],
)
def test_what_equipment_has_no_use_for_is_refused(events_of, event, message):
    with pytest.raises(InputError, match=r"case.yaml:\d+") as refused:
        events_of(event)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"off": "[]"}, "no CDU of 'tcs' stands by"),
        ({"pumps": "pumps: {count: 2, duty: 2, failover: 3 s},"}, "no pump stands by, all 2"),
    ],
)
def test_a_failover_that_nothing_stands_by_for_is_refused(events_of, changes, message):
    with pytest.raises(InputError, match=r"case.yaml:\d+") as refused:
        events_of("{at: 10 s, item: CDU02, state: off}", **changes)
    assert message in str(refused.value)
