"""The cases that come along load, and their figures agree with sums done by hand."""

import math
from importlib.resources import files
from pathlib import Path

import pytest

from geometry.errors import InputError
from rehall.config import Case, load
from rehall.schema.entries import Board, Cdu, CoolingUnit, MinerShelf, Rack

CONFIGS = Path(__file__).parents[2] / "configs"
CASES = ["asic_hall", "ai_hall", "mixed_hall"]
RHO_CP = 1.2 * 1006.0  # J/m3/K, air at 20 C


def config(name: str) -> Case:
    return load(CONFIGS / f"{name}.yaml")


def air_wanted(case: Case) -> float:
    """Air flow that the servers draw at 25 C inlet [m3/s]."""
    total = 0.0
    for item in case.items:
        law = getattr(item.entry, "air_flow", None)
        if law is not None:
            total += law.flow or item.heat_to_air * law.per_power
    return total


def load_below(case: Case, node: str, dead: str) -> float:
    """Apparent power through a node with every node of names in `dead` lost, losses left out."""
    above = {n.name: n.feeds[0] if n.feeds else None for n in case.nodes}

    def chain(name: str | None) -> list[str]:
        return [] if name is None else [name, *chain(above[name])]

    total = 0.0
    for item in (*case.items, *case.openings):
        live = [feed for feed in item.feeds if not any(n.startswith(dead) for n in chain(feed))]
        for feed in live:
            if node in chain(feed):
                total += item.power / item.power_factor / len(live)
    return total


@pytest.mark.parametrize("name", CASES)
def test_case_loads_without_warnings(name):
    case = config(name)
    assert case.warnings == ()
    assert case.hall.size == (48.0, 24.0, 6.0)


def test_starter_case_loads():
    case = load(Path(str(files("rehall").joinpath("templates", "starter.yaml"))))
    assert [item.name for item in case.items] == ["A01", "A02", "A03", "A04", "FW1"]


def test_asic_hall_has_1440_miners_of_five_megawatts():
    shelves = [item for item in config("asic_hall").items if isinstance(item.entry, MinerShelf)]
    assert sum(item.entry.miners for item in shelves) == 1440
    assert sum(item.power for item in shelves) == pytest.approx(5.04e6)


@pytest.mark.parametrize("name", ["asic_hall", "mixed_hall"])
def test_exhaust_fans_draw_three_to_five_per_cent_more_than_the_miners_hot_air(name):
    case = config(name)
    shelves = [item for item in case.items if isinstance(item.entry, MinerShelf)]
    cold = sum(item.entry.air_flow.flow for item in shelves)
    rise = sum(item.power for item in shelves) / (RHO_CP * cold)
    hot = cold * (1 + rise / case.site.outdoor.dry_bulb)
    fans = sum(opening.flow for opening in case.openings if opening.kind == "exhaust")
    assert 1.02 < fans / hot < 1.05


@pytest.mark.parametrize("name", ["ai_hall", "mixed_hall"])
def test_fan_walls_give_more_air_than_racks_take_even_with_one_lost(name):
    case = config(name)
    units = [item for item in case.items if isinstance(item.entry, CoolingUnit)]
    racks = [item for item in case.items if isinstance(item.entry, Rack)]
    wanted = sum(
        item.entry.air_flow.flow or item.heat_to_air * item.entry.air_flow.per_power
        for item in racks
    )
    assert sum(item.air_flow for item in units) > 1.1 * wanted
    assert (len(units) - 1) * units[0].entry.rating.air_flow > wanted
    heat = sum(item.heat_to_air for item in (*racks, *units))
    assert (len(units) - 1) * units[0].entry.rating.capacity > heat


@pytest.mark.parametrize("name", ["ai_hall", "mixed_hall"])
def test_cdus_carry_the_racks_with_one_lost(name):
    case = config(name)
    cdus = [item for item in case.items if isinstance(item.entry, Cdu)]
    racks = [item for item in case.items if item.heat_to_liquid > 0]
    flow = sum(item.entry.coolant.flow_nominal(item.heat_to_liquid) for item in racks)
    assert (len(cdus) - 1) * cdus[0].entry.capacity > sum(item.heat_to_liquid for item in racks)
    assert (len(cdus) - 1) * cdus[0].entry.flow > flow


@pytest.mark.parametrize(
    ("name", "dead"),
    [("asic_hall", "#"), ("ai_hall", "#"), ("ai_hall", "TB"), ("mixed_hall", "TA")],
)
def test_every_node_holds_its_continuous_load_with_one_side_lost(name, dead):
    case = config(name)
    for node in case.nodes:
        if node.kind == "utility":
            continue
        entry = node.entry
        rating = entry.rating(node.voltage) if isinstance(entry, Board) else entry.rating
        assert load_below(case, node.name, dead) <= entry.continuous_factor * rating, node.name


@pytest.mark.parametrize("name", ["ai_hall", "mixed_hall"])
def test_each_side_of_a_two_path_hall_is_at_most_half_loaded(name):
    case = config(name)
    for node in case.nodes:
        if node.kind == "ups":
            assert load_below(case, node.name, "#") <= 0.5 * node.entry.rating


def test_whole_site_stays_within_its_contract():
    for name in CASES:
        case = config(name)
        drawn = sum(thing.power for thing in (*case.items, *case.openings))
        assert drawn < case.site.contracted_demand


def test_voltage_of_a_busway_is_that_of_its_transformer():
    nodes = {node.name: node for node in config("ai_hall").nodes}
    assert nodes["utility"].voltage == 13.8e3
    assert nodes["BW-A1"].voltage == 415.0
    assert nodes["BW-A1"].entry.rating(415.0) == pytest.approx(math.sqrt(3) * 415 * 2000)


def test_include_joins_lists_and_gives_way_to_what_the_case_says(tmp_path):
    (tmp_path / "below.yaml").write_text(
        "site: {name: below, outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}\n"
        "hall:\n  size: [9 m, 9 m, 3 m]\n"
        "  obstacles: [{name: a, from: [1 m, 1 m, 0 m], to: [2 m, 2 m, 3 m]}]\n"
    )
    (tmp_path / "hall.yaml").write_text(
        "include: below.yaml\nsite: {name: above}\n"
        "hall:\n  obstacles: [{name: b, from: [3 m, 1 m, 0 m], to: [4 m, 2 m, 3 m]}]\n"
    )
    case = load(tmp_path / "hall.yaml")
    assert case.site.name == "above"
    assert case.site.outdoor.dry_bulb == pytest.approx(303.15)
    assert [block.name for block in case.geometry.blocks] == ["a", "b"]
    assert "include: below.yaml" in case.text
    assert "name: below" in case.text


def test_face_of_the_shell_has_its_own_condition_or_the_default(tmp_path):
    path = tmp_path / "hall.yaml"
    path.write_text(
        "site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}\n"
        "hall:\n  size: [9 m, 9 m, 3 m]\n"
        "  walls: {default: {temperature: 25 degC}, -z: adiabatic,\n"
        "          +z: {u_value: 0.4 W/m2/K, outdoor: 40 degC}}\n"
    )
    walls = load(path).hall.walls
    assert walls.on("-x").temperature == pytest.approx(298.15)
    assert walls.on("-z") is None
    assert (walls.on("+z").u_value, walls.on("+z").outdoor) == (0.4, pytest.approx(313.15))
    # Of 1 / 0.4 m2 K/W the air at the inner surface has 0.13 (ISO 6946).
    assert walls.on("+z").behind_the_film == pytest.approx(1 / (2.5 - 0.13))


def test_u_value_beyond_what_the_air_inside_lets_through_is_refused(tmp_path):
    path = tmp_path / "hall.yaml"
    path.write_text(
        "site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}\n"
        "hall:\n  size: [9 m, 9 m, 3 m]\n"
        "  walls: {+z: {u_value: 8 W/m2/K, outdoor: 40 degC}}\n"
    )
    with pytest.raises(InputError, match=r"7\.69 W/m2/K, u_value is 8 W/m2/K"):
        load(path)


def test_what_a_case_switches_off_is_off_by_name_or_by_row(tmp_path):
    hall = Path(__file__).parents[2] / "configs" / "ai_hall.yaml"
    path = tmp_path / "case.yaml"
    path.write_text(f"include: {hall}\noff: [CDU02, C]\n")
    case = load(path)
    off = [item.name for item in case.items if not item.on]
    assert off == ["CDU02", *(f"C{n:02}" for n in range(1, 7))]
    assert case.item("C01").power == 0.0
    path.write_text(f"include: {hall}\noff: [CDU02, CDU5]\n")
    with pytest.raises(InputError, match=r"case.yaml:2: off.* loop 'CDU5'; did you"):
        load(path)
