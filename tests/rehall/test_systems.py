"""Ready power systems: what they write out, and what their redundancy is worth."""

import numpy as np
import pytest

from geometry.errors import InputError
from power import Failure
from power.study import study
from rehall.electrical import power_side

HALL = """\
site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}
hall: {size: [30 m, 10 m, 4 m], openings: [
  {name: a, kind: outdoor, wall: -x, from: [1 m, 0.5 m], to: [9 m, 2 m]}]}
catalogue:
  unit: {like: ups_2500, rating: %s, rating_w: %s, battery: null}
equipment:
%s
power:
  nodes:
    - {name: grid, of: utility, voltage: 13.8 kV}
  systems:
    - {name: S, %s}
"""
RACK = (
    "  - unit: {of: storage_rack, name: R%d, at: [%d m, 4 m], facing: -y, power: 100 kW, feeds: %s}"
)
PATH = "fed_by: grid, transformer: transformer_2500, ups: unit, board: board_4000"


def hall(case_of, system, feeds, rating="1500 kVA", real="1500 kW"):
    racks = "\n".join(RACK % (n, 2 + 2 * n, feed) for n, feed in enumerate(feeds))
    return case_of(HALL % (rating, real, racks, system))


def loading(case, powers, *lost):
    """Share of the rating of every UPS, by its letter, with some lost."""
    side = power_side(case)
    found = study(side.model, powers, [Failure(frozenset(f"S-U{letter}" for letter in lost))])
    state = found.state.at(found.settled(0))
    places = [n for n, node in enumerate(side.model.nodes) if node.name.startswith("S-U")]
    names = [side.model.nodes[n].name[-1] for n in places]
    return dict(zip(names, np.round(state.power[places] / 1.5e6, 4), strict=True)), found


def test_2n_carries_half_on_each_side_and_all_on_one(case_of):
    case = hall(case_of, f"redundancy: 2N, {PATH}", ["[S-A, S-B]"])
    assert [n.name for n in case.nodes][1:] == [
        *("S-TA", "S-UA", "S-A"), *("S-TB", "S-UB", "S-B")
    ]  # fmt: skip
    assert loading(case, [1.2e6])[0] == {"A": 0.4, "B": 0.4}
    assert loading(case, [1.2e6], "A")[0] == {"A": 0.0, "B": 0.8}


def test_distributed_groups_move_to_their_other_system(case_of):
    # Groups of 900, 1000 and 800 kW on AB, BC and CA: 56.7, 63.3 and 60 %; without C B has 1450.
    groups = ["[S-A, S-B]", "[S-B, S-C]", "[S-C, S-A]"]
    case = hall(case_of, f"redundancy: 3N/2, {PATH}", groups)
    powers = [900e3, 1000e3, 800e3]
    assert loading(case, powers)[0] == {"A": 0.5667, "B": 0.6333, "C": 0.6}
    assert loading(case, powers, "C")[0] == {"A": 0.8333, "B": 0.9667, "C": 0.0}


def test_modules_of_n_plus_one_are_one_more_than_needed(case_of):
    case = hall(case_of, f"redundancy: N+1, modules: 4, {PATH}", ["[S-A]"])
    unit = next(n for n in power_side(case).model.nodes if n.name == "S-UA")
    assert (unit.units, unit.rating) == (5, 1.5e6)


def test_catcher_takes_the_block_that_has_lost_its_own(case_of):
    system = f"redundancy: block_redundant, blocks: 2, switch: static_switch_1600, {PATH}"
    case = hall(case_of, system, ["[S-A]", "[S-B]"])
    assert loading(case, [800e3, 900e3])[0] == {"A": 0.5333, "B": 0.6, "R": 0.0}
    found, lost = loading(case, [800e3, 900e3], "B")
    assert found == {"A": 0.5333, "B": 0.0, "R": 0.6}
    assert not lost.unserved(0).any()


def test_direct_current_hangs_behind_a_rectifier(case_of):
    system = (
        "redundancy: 2N, fed_by: grid, transformer: transformer_2500, rectifier: rectifier_1200"
    )
    case = hall(case_of, f"{system}, board: board_2000", ["[S-A, S-B]"])
    nodes = {node.name: node for node in case.nodes}
    assert (nodes["S-A"].voltage, nodes["S-A"].direct) == (800.0, True)


@pytest.mark.parametrize(
    ("system", "message"),
    [
        (f"redundancy: 2N, modules: 3, {PATH}", "2N has no use for modules"),
        (f"redundancy: N+1, {PATH}", r"N\+1 wants modules"),
        (f"redundancy: block_redundant, blocks: 2, {PATH}", "wants a switch"),
        (f"redundancy: 5N, {PATH}", "redundancy"),
        (f"redundancy: 2N, {PATH.replace('unit', 'units')}", "no catalogue entry 'units'"),
        (f"redundancy: 2N, {PATH.replace('grid', 'gird')}", "no power node 'gird'"),
    ],
)
def test_wrong_system_is_refused_at_its_line(system, message, case_of):
    with pytest.raises(InputError, match=message) as refused:
        hall(case_of, system, ["[S-A]"])
    assert {finding.line for finding in refused.value.findings} <= {7, 12}
