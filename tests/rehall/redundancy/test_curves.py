from types import SimpleNamespace

import numpy as np
import pytest

from rehall.redundancy.curves import marks, panels, soonest_first
from rehall.redundancy.outage import event
from rehall.redundancy.passing import Passing
from rehall.redundancy.pictures import draw_times
from rehall.verdict import Limit

ZERO = 273.15
TIMES = np.linspace(0.0, 300.0, 301)


def solved(name, highest, *events, at=50.0):
    """A state whose inlets A01 and A02 rise to so many degC, against a limit of 35 degC."""
    T = [20.0 + (most - 20.0) * TIMES / 300.0 for most in highest]
    series = {"air_times": TIMES, "air_T_in_max": np.stack(T, 1) + ZERO}
    passed = [
        Passing(Limit("rack_inlet_max_transient", f"A0{n + 1}", most, 35.0, "degC"), at, None)
        for n, most in enumerate(highest)
    ]
    return SimpleNamespace(
        state=SimpleNamespace(name=name),
        passed=passed,
        series=series | {"air_devices": np.array(["A01", "A02"])},
        course=SimpleNamespace(spec=SimpleNamespace(events=events)),
    )


def broken_at(rows, name, at, events=()):
    return rows.state(name, rows.broken("rack_inlet_max", at_s=at, value=at), events=list(events))


def studied(*states, shift=None):
    return SimpleNamespace(states=states, normal=SimpleNamespace(shift=shift or {}))


def test_the_inlet_shown_is_the_worst_one_shifted_to_the_fine_grid(rows):
    found = panels(
        studied(solved("fan", (36.0, 50.0)), shift={"A02": 1.5}),
        rows.study(broken_at(rows, "fan", 50.0)),
    )
    (curve,) = found[0].curves
    assert curve.label == "inlet of A02"
    assert (curve.T[0], curve.T[-1]) == pytest.approx((21.5, 51.5))
    assert curve.limit == 35.0
    assert found[0].title == "fan: air inlet limit after 50 s"


def test_a_curve_ends_where_its_server_stops(rows):
    off = event("A02", 40.0, state="off")
    (panel,) = panels(
        studied(solved("fan", (36.0, 50.0), off)), rows.study(broken_at(rows, "fan", 50.0))
    )
    assert panel.curves[0].t[-1] == 39.0


def test_states_come_soonest_first_and_each_course_once(rows):
    states = [
        broken_at(rows, "slow", 200.0),
        broken_at(rows, "feeder", 30.0, ["0 s: FW1 off"]),
        broken_at(rows, "board", 31.0, ["0 s: FW1 off"]),
        rows.state("in the end", rows.broken("loading")),
    ]
    assert [(s["state"], n) for s, n in soonest_first(states)] == [("feeder", 2), ("slow", 1)]


def test_events_near_each_other_share_a_line():
    events = [event("CDU2", t, state="on") for t in (5.0, 6.0, 50.0, 400.0)]
    assert marks(events, 100.0) == ((5.0, "CDU2 on +1"), (50.0, "CDU2 on"))


def test_a_panel_shows_later_events_and_the_limit_that_is_passed(rows):
    back = event("FW1", 100.0, state="on")
    (panel,) = panels(
        studied(solved("fan", (36.0, 50.0), back)), rows.study(broken_at(rows, "fan", 50.0))
    )
    assert panel.end == pytest.approx(120.0)
    assert panel.marks == ((100.0, "FW1 on"),)


def test_pictures_in_time_are_of_states_that_break_something_in_time(rows, tmp_path):
    back = event("FW1", 100.0, state="on")
    state = solved("$fan$", (36.0, 50.0), back)
    assert draw_times(studied(state), rows.study(rows.state("$fan$")), tmp_path) is None
    drawn = draw_times(studied(state), rows.study(broken_at(rows, "$fan$", 50.0)), tmp_path)
    assert drawn is not None
    assert drawn.stat().st_size > 0
