"""Everything that can fail is listed, and what stands by is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geometry.errors import InputError
from geometry.grid import Grid
from geometry.hall import Baffle, Box
from rehall.electrical import power_side
from rehall.redundancy.chosen import PAIR, SIDE, SINGLE, chosen
from rehall.redundancy.outages import outages
from rehall.redundancy.shell import CONTRACTION, area, on_grid

KINDS = {
    *(("cooling_unit", mode) for mode in ("fans", "coil", "control")),
    *(("containment", mode) for mode in ("door", "panel")),
    *(("cdu", "off"), ("valve", "shut"), ("filter", "clogged"), ("pump", "trips")),
    *(("dry_cooler", "off"), ("chiller", "off"), ("facility_water", "lost")),
    *(("utility", "off"), ("transformer", "off"), ("ups", "off"), ("ups", "bypass")),
    *(("board", "off"), ("whip", "off"), ("power_shelf", "off")),
}


@pytest.fixture
def small(tmp_path, sound_text, case_of):
    case = case_of(tmp_path, sound_text)
    return case, power_side(case)


def test_every_kind_of_component_is_listed_with_its_modes(small):
    found = outages(*small)
    assert {(outage.kind, outage.mode) for outage in found} == KINDS
    names = [outage.name for outage in found]
    assert len(names) == len(set(names))


def test_pumps_and_machines_that_stand_by_fail_nothing_alone(small):
    names = {outage.name for outage in outages(*small)}
    assert {f"fws pump {n} trips" for n in (1, 2, 3)} <= names
    assert "chw pump 1 trips" in names
    assert "chw pump 2 trips" not in names


def test_one_machine_of_a_rejection_stands_for_all_that_are_alike(small):
    (found,) = [o for o in outages(*small) if o.kind == "dry_cooler"]
    assert found.count == 3
    assert found.events[0].rejection == 2


def test_what_is_off_does_not_fail(tmp_path, sound_text, case_of):
    case = case_of(tmp_path, sound_text + "off: [CDU02, FW02]\n")
    components = {outage.component for outage in outages(case, power_side(case))}
    assert not components & {"CDU02", "FW02"}
    assert {"CDU01", "FW01"} <= components


def test_tile_and_exhaust_fan_and_valve_of_a_rack_are_listed_where_there_are_some(
    tmp_path, sound_text, case_of
):
    text = sound_text.replace(
        "  walls: {default: adiabatic}\n",
        "  walls: {default: adiabatic}\n"
        "  openings:\n"
        "    - {name: EF, wall: +z, kind: exhaust, flow: 0.5 m3/s,\n"
        "       from: [7.2 m, 5 m], to: [8.1 m, 6 m]}\n"
        "    - {name: louvre, wall: +x, kind: outdoor, from: [5 m, 2.4 m], to: [6 m, 3.3 m]}\n"
        "  partitions:\n"
        "    - {name: grille, from: [7 m, 4 m, 3 m], to: [8 m, 6 m, 3 m], open_fraction: 60 %}\n",
    ).replace("      header:", "      branch: {valve: 60 m3/h}\n      header:")
    case = case_of(tmp_path, text)
    found = {(o.name, o.kind) for o in outages(case, power_side(case))}
    assert {
        ("EF stops", "exhaust_fan"),
        ("grille blocked", "tile"),
        ("valve of A01 shut", "valve"),
    } <= found


def test_states_are_picked_by_name_component_kind_and_subsystem(small):
    case, side = small
    every = outages(case, side)
    by = {
        "CDU01 off": 1,
        "CDU01": 3,
        "cooling_unit": 9,
        "CDUs of tcs": 8,
        "U? lost": 2,
    }
    for pattern, count in by.items():
        assert len(chosen(case, side, every, only=(pattern,))) == count, pattern
    everything = chosen(case, side, every)
    assert {state.kind for state in everything} == {SINGLE, SIDE}
    assert len(chosen(case, side, every, skip=("whips and shelves",))) == len(everything) - 16


def test_pairs_are_of_different_components(small):
    case, side = small
    found = chosen(case, side, outages(case, side), only=("FW01", "CDU01 off"), pairs=True)
    pairs = [state for state in found if state.kind == PAIR]
    assert {state.name for state in pairs} == {
        f"{mode} and CDU01 off"
        for mode in (
            "FW01 fans stop",
            "FW01 without water",
            "FW01 control lost, fans at their least",
        )
    }


def test_pattern_that_matches_nothing_is_refused_with_the_nearest_name(small):
    case, side = small
    with pytest.raises(InputError, match="did you mean 'CDU01 off'"):
        chosen(case, side, outages(case, side), only=("CDU1 off",))


def test_scenario_and_claim_with_unknown_names_are_refused_where_they_stand(
    tmp_path, sound_text, case_of
):
    scenario = "{duration: 120 s, scenarios: [{name: both, failures: [{of: CDU1 off}]}]}"
    case = case_of(tmp_path, sound_text.replace("{duration: 120 s}", scenario))
    side = power_side(case)
    with pytest.raises(InputError, match=r"hall.yaml:\d+.*no failure 'CDU1 off'; did you mean"):
        chosen(case, side, outages(case, side))
    claim = "{duration: 120 s, claims: {CDUs of tsc: N+1}}"
    case = case_of(tmp_path, sound_text.replace("{duration: 120 s}", claim))
    with pytest.raises(InputError, match=r"hall.yaml:\d+.*no subsystem 'CDUs of tsc'"):
        chosen(case, side, outages(case, side))


@given(
    width=st.floats(0.05, 2.0),
    height=st.floats(0.05, 2.0),
    cell=st.sampled_from([0.1, 0.3, 0.6]),
)
def test_hole_lets_as_much_through_on_any_grid(width, height, cell):
    """Orifice: Q = C A sqrt(2 dp / rho); the last velocity head is lost behind the hole."""
    lines = np.arange(0.0, 3.0 + cell / 2, cell)
    grid = Grid(lines, lines, lines)
    hole = Baffle("hole", Box((0.6, 0.4, 0.5), (0.6, 0.4 + width, 0.5 + height)), 0.0)
    placed = on_grid(hole, grid)
    taken = area(placed.rectangle, 0)
    assert taken > 0.0
    head = 1.0  # 2 dp / rho
    flow = taken * np.sqrt(head / (1.0 + placed.loss_coefficient))
    wanted = CONTRACTION * width * height * np.sqrt(head)
    if placed.loss_coefficient > 0.0:
        assert flow == pytest.approx(wanted, rel=1e-9)
    else:  # faces too small for the hole resist nothing
        assert flow <= wanted
