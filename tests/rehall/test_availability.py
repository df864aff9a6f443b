"""Hours a year with a broken limit, beside every state counted one by one, a chain and chance."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehall.equipment import Unresolved, entry, raw_catalogue, resolve
from rehall.redundancy.availability import (
    Exposure,
    Pair,
    availability,
    default_of,
    reliability_of,
    share_in_service,
)
from rehall.schema.entries import TypicalReliability

YEAR = 8760.0
TYPICAL = sorted(n for n in raw_catalogue() if isinstance(entry(n), TypicalReliability))
RATES = st.floats(0.0, 20.0)
REPAIRS = st.floats(0.1, 500.0)
BROKEN = st.sampled_from([True, False, None])
MACHINES = st.lists(st.tuples(RATES, REPAIRS, BROKEN), min_size=1, max_size=7)


def exposures_of(machines):
    """One state of each machine: rate [1/a], repair [h], whether limits break."""
    return [Exposure(f"m{k} off", f"m{k}", *machine) for k, machine in enumerate(machines)]


def counted(machines, out):
    """Hours a year in which exactly these machines are out [h/a], from each machine's own share."""
    share = [rate * repair / (YEAR + rate * repair) for rate, repair, _ in machines]
    return YEAR * float(np.prod([u if k in out else 1.0 - u for k, u in enumerate(share)]))


def test_hours_of_a_single_state_are_rate_times_repair_for_rare_failures():
    found = availability([Exposure("pump trips", "pump", 0.01, 10.0, True)])
    assert found.hours_broken == pytest.approx(0.1, rel=1e-4)
    assert found.hours_broken < 0.1


@given(MACHINES)
def test_hours_are_those_of_all_states_counted_one_by_one(machines):
    found = availability(exposures_of(machines))
    broken = undecided = beyond = 0.0
    for bits in product((False, True), repeat=len(machines)):
        out = {k for k, is_out in enumerate(bits) if is_out}
        hours = counted(machines, out)
        if len(out) > 1:
            beyond += hours
        elif out:
            told = machines[min(out)][2]
            broken += hours * (told is True)
            undecided += hours * (told is None)
    assert found.hours_broken == pytest.approx(broken, rel=1e-9, abs=1e-9)
    assert found.hours_undecided == pytest.approx(undecided, rel=1e-9, abs=1e-9)
    assert found.hours_beyond == pytest.approx(beyond, rel=1e-9, abs=1e-8)


@given(MACHINES, st.data())
def test_studied_pairs_take_their_hours_from_those_beyond(machines, data):
    couples = list(combinations(range(len(machines)), 2))
    chosen = [c for c in couples if data.draw(st.booleans())]
    pairs = [Pair(f"m{a} off", f"m{b} off", True) for a, b in chosen]
    alone, both = availability(exposures_of(machines)), availability(exposures_of(machines), pairs)
    hours = sum(counted(machines, {a, b}) for a, b in chosen)
    assert both.hours_broken - alone.hours_broken == pytest.approx(hours, rel=1e-9, abs=1e-8)
    assert alone.hours_beyond - both.hours_beyond == pytest.approx(hours, rel=1e-9, abs=1e-8)
    # What is left of 8,760 h rounds with them.
    assert both.hours_at_most == pytest.approx(alone.hours_at_most, rel=1e-9, abs=1e-8)


@given(MACHINES)
def test_hours_of_all_states_together_are_a_year(machines):
    found = availability(exposures_of(machines))
    assert sum(s.hours for s in found.states) + found.hours_beyond == pytest.approx(YEAR, rel=1e-12)
    assert found.hours_beyond >= 0.0


@given(MACHINES.filter(lambda machines: len(machines) == 2))
def test_of_two_machines_nothing_is_beyond_their_pair(machines):
    found = availability(exposures_of(machines), [Pair("m0 off", "m1 off", True)])
    assert found.hours_beyond == pytest.approx(0.0, abs=1e-9)


def test_hours_are_the_steady_state_of_a_markov_chain():
    fails, repaired = np.array([3.0, 8.0]) / YEAR, 1.0 / np.array([40.0, 120.0])
    flow = np.zeros((4, 4))  # both serve, the first out, the second out, both out
    for here, there, rate in (
        (0, 1, fails[0]), (0, 2, fails[1]), (1, 3, fails[1]), (2, 3, fails[0]),
        (1, 0, repaired[0]), (2, 0, repaired[1]), (3, 1, repaired[1]), (3, 2, repaired[0]),
    ):  # fmt: skip
        flow[there, here] += rate
        flow[here, here] -= rate
    steady = np.linalg.solve(np.vstack([flow[:3], np.ones(4)]), [0.0, 0.0, 0.0, 1.0])
    machines = [(3.0, 40.0, True), (8.0, 120.0, True)]
    found = availability(exposures_of(machines), [Pair("m0 off", "m1 off", True)])
    np.testing.assert_allclose([s.hours for s in found.states], YEAR * steady, rtol=1e-9)


def test_states_of_one_component_exclude_each_other():
    rates, repairs = np.array([2.0, 5.0]), np.array([50.0, 200.0])
    modes = [
        Exposure(f"fan wall, mode {k}", "fan wall", rates[k], repairs[k], True) for k in range(2)
    ]
    found = availability(modes)
    # One serves for 8760 h, then it fails 2 and 5 times, each for its repair.
    out = rates * repairs
    np.testing.assert_allclose(
        [s.hours for s in found.states[1:]], YEAR * out / (YEAR + out.sum()), rtol=1e-12
    )
    assert found.hours_beyond == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(ValueError, match="never both at once"):
        availability(modes, [Pair("fan wall, mode 0", "fan wall, mode 1", True)])


@pytest.mark.parametrize("seconds", [None, 60.0, 3600.0, 1e6])
def test_hours_are_those_of_a_machine_that_fails_by_chance(seconds):
    rng, cycles = np.random.default_rng(1), 200_000
    served = rng.exponential(YEAR / 30.0, cycles)
    failed = rng.exponential(5.0, cycles)
    broken = failed if seconds is None else np.minimum(failed, seconds / 3600.0)
    simulated = YEAR * broken.sum() / (served + failed).sum()
    found = availability([Exposure("off", "pump", 30.0, 5.0, True, seconds_broken=seconds)])
    assert found.hours_broken == pytest.approx(simulated, rel=0.01)


def test_limits_broken_only_in_passing_count_their_seconds():
    found = availability([Exposure("off", "pump", 0.2, 24.0, True, seconds_broken=90.0)])
    assert found.hours_broken == pytest.approx(0.2 * 90.0 / 3600.0, rel=2e-3)


def test_limits_broken_in_passing_are_never_broken_for_longer_than_the_repair():
    lasting = availability([Exposure("off", "pump", 0.2, 24.0, True)])
    passing = availability([Exposure("off", "pump", 0.2, 24.0, True, seconds_broken=1e9)])
    assert passing.hours_broken == pytest.approx(lasting.hours_broken)


def test_start_that_fails_once_in_a_hundred_has_a_hundredth_of_the_hours():
    asked = Exposure("utility lost, no start", "generator", 1.3, 4.0, True, start_failure=0.01)
    always = Exposure("utility lost, no start", "generator", 1.3, 4.0, True)
    ratio = availability([asked]).hours_broken / availability([always]).hours_broken
    assert ratio == pytest.approx(0.01, rel=1e-3)


def test_component_that_never_fails_contributes_nothing():
    pump = Exposure("pump trips", "pump", 0.3, 24.0, True)
    found = availability([pump, Exposure("wall falls", "wall", 0.0, 1000.0, True)])
    assert found.hours_broken == availability([pump]).hours_broken
    assert [component for component, _ in found.by_component] == ["pump"]


def test_largest_contributor_comes_first_and_all_sum_to_the_broken_hours():
    exposures = [
        Exposure("valve shut", "valve", 0.02, 8.0, True),
        Exposure("chiller lost", "chiller", 0.2, 48.0, True),
        Exposure("pump trips", "pump", 0.3, 24.0, False),
        Exposure("fan stops", "fan", 0.1, 8.0, True),
    ]
    found = availability(exposures, [Pair("pump trips", "fan stops", True)])
    components, hours = zip(*found.by_component, strict=True)
    assert components == ("chiller", "fan", "valve", "pump")
    assert list(hours) == sorted(hours, reverse=True)
    assert sum(hours) == pytest.approx(found.hours_broken)


def test_states_without_rates_are_told():
    known = Exposure("pump trips", "pump", 0.3, 24.0, True)
    unknown = Exposure("door open", "aisle", None, None, True)
    found = availability([known, unknown], [Pair("pump trips", "door open", True)])
    assert found.unknown == ("door open", "pump trips, door open")
    assert found.hours_broken == availability([known]).hours_broken


def test_case_that_breaks_normally_has_a_whole_year():
    pump = Exposure("pump trips", "pump", 0.3, 24.0, False)
    assert availability([pump], normal_broken=True).hours_broken == YEAR
    undecided = availability([pump], normal_broken=None)
    assert undecided.hours_broken == 0.0
    assert undecided.hours_undecided == pytest.approx(YEAR * share_in_service([pump]))


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"rate": -1.0}, "at least 0"),
        ({"repair": float("nan")}, "at least 0"),
        ({"start_failure": 1.5}, "start_failure"),
        ({"broken": False, "seconds_broken": 5.0}, "nothing breaks"),
    ],
)
def test_state_that_cannot_be_is_refused(figures, words):
    given = {"rate": 1.0, "repair": 1.0, "broken": True} | figures
    with pytest.raises(ValueError, match=words):
        Exposure("off", "pump", **given)


def test_states_and_pairs_are_named_once():
    pump, fan = Exposure("a", "pump", 1.0, 1.0, True), Exposure("b", "fan", 1.0, 1.0, True)
    with pytest.raises(ValueError, match="two states are called 'a'"):
        availability([pump, pump])
    with pytest.raises(ValueError, match="no state 'c'"):
        availability([pump, fan], [Pair("a", "c", True)])
    with pytest.raises(ValueError, match="there twice"):
        availability([pump, fan], [Pair("a", "b", True), Pair("b", "a", True)])


@pytest.mark.parametrize("name", TYPICAL)
def test_typical_figure_has_a_source_or_says_that_it_has_none(name):
    typical = entry(name)
    unlooked = ("from memory, not looked up", "no records found")
    assert bool(typical.source) != typical.notes.startswith(unlooked)


@pytest.mark.parametrize("name", TYPICAL)
def test_typical_unit_serves_far_longer_than_it_is_repaired(name):
    whole = entry(name).reliability
    for figures in (whole, *whole.by_mode.values()):
        assert figures.rate * figures.repair < 0.03 * YEAR
        assert figures.rate == pytest.approx(YEAR * 3600.0 / figures.mtbf)


def test_ways_in_which_a_cooling_unit_fails_sum_to_its_failures():
    whole = entry("reliability_cooling_unit").reliability
    each = [default_of("cooling_unit", mode) for mode in ("fans", "coil", "control")]
    assert sum(f.rate for f in each) == pytest.approx(whole.rate, rel=0.01)
    repaired = sum(f.rate * f.repair for f in each)
    assert repaired == pytest.approx(whole.rate * whole.repair, rel=0.05)


def test_every_kind_is_typical_once_and_unknown_kinds_have_no_figures():
    kinds = [kind for name in TYPICAL for kind in entry(name).of]
    assert len(kinds) == len(set(kinds))
    assert default_of("cable") == default_of("whip")
    assert default_of("flux capacitor") is None


def test_unit_with_figures_of_its_own_is_better_in_each_way_alike():
    changed = {"like": "vertiv_fa069hc", "reliability": {"mtbf": "104000 h", "mttr": "6 h"}}
    own = resolve(changed, {}).reliability
    for mode in ("fans", "coil", "control"):
        found = reliability_of("cooling_unit", mode, own)
        assert found.rate == pytest.approx(default_of("cooling_unit", mode).rate / 2.0)
        assert found.repair == 6.0


def test_way_to_fail_with_figures_of_its_own_has_those():
    fans = {"mtbf": "1000 h", "mttr": "1 h"}
    given = {"mtbf": "900 h", "mttr": "2 h", "by_mode": {"fans": fans}}
    own = resolve({"like": "vertiv_fa069hc", "reliability": given}, {}).reliability
    assert reliability_of("cooling_unit", "fans", own).rate == pytest.approx(8.76)


def test_generator_that_does_not_tell_of_its_starts_has_those_typical_of_its_kind():
    given = {"like": "generator_2500", "reliability": {"mtbf": "9000 h", "mttr": "20 h"}}
    found = reliability_of("generator", "start, off", resolve(given, {}).reliability)
    assert found.start_failure == default_of("generator").start_failure > 0.0


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"mtbf": "0 h", "mttr": "8 h"}, "more than 0 s"),
        ({"mtbf": "8 kW", "mttr": "8 h"}, "a power"),
        ({"mtbf": "1000 h"}, "missing"),
        ({"mtbf": "1000 h", "mttr": "8 h", "start_failure": 2}, "2 %"),
        ({"mtbf": "1000 h", "mttr": "8 h", "by_mode": {"fans": {"mtbf": "5 h"}}}, "missing"),
    ],
)
def test_mistake_in_reliability_is_named(figures, words):
    with pytest.raises(Unresolved, match=words):
        resolve({"like": "vertiv_fa069hc", "reliability": figures}, {})
