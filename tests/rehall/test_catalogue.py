"""Every figure of the catalogue has a source or is marked as assumed, and obeys its own physics."""

import math

import pytest

from rehall.equipment import Unresolved, entry, raw_catalogue, resolve, sources
from rehall.schema.entries import (
    Cdu,
    CoolingUnit,
    DryCooler,
    MinerShelf,
    Rack,
    Transformer,
)

ALL = sorted(raw_catalogue())
NOT_FIGURES = {"kind", "name", "source", "confidence", "notes", "assumed", "of"}
AIR, WATER, PG25 = 1.2 * 1006.0, 997.0 * 4180.0, 1012.0 * 3975.0  # J/m3/K, textbook values


@pytest.mark.parametrize("name", ALL)
def test_entry_names_known_sources_or_says_that_its_figures_are_assumed(name):
    described, raw = entry(name), raw_catalogue()[name]
    assert set(described.source) <= set(sources())
    if not described.source:
        assert described.confidence == "low"
        taken = {figure.split(".")[0] for figure in described.assumed}
        assert set(raw) - NOT_FIGURES - {"power_factor", "continuous_factor"} <= taken
    assert "confidence" in raw


def test_every_source_is_used_and_titled():
    cited = {source for name in ALL for source in entry(name).source}
    assert cited == set(sources())
    assert all(source.title for source in sources().values())


@pytest.mark.parametrize("name", [n for n in ALL if isinstance(entry(n), Rack)])
def test_rack_coolant_rises_by_five_to_fourteen_kelvin(name):
    rack = entry(name)
    if rack.coolant is not None:
        heat = rack.power * rack.liquid_fraction
        assert 5.0 < heat / (PG25 * rack.coolant.flow_nominal(heat)) < 14.0


@pytest.mark.parametrize("name", [n for n in ALL if isinstance(entry(n), Rack)])
def test_rack_air_rises_by_ten_to_twenty_kelvin(name):
    law, heat = entry(name).air_flow, entry(name).power * (1 - entry(name).liquid_fraction)
    flows = [law.flow or heat * (law.per_power or 0.0)] if law.by_inlet is None else [
        V_flow for _, V_flow in law.by_inlet
    ]  # fmt: skip
    for V_flow in flows:
        assert 10.0 < heat / (AIR * V_flow) < 23.0


@pytest.mark.parametrize("name", [n for n in ALL if isinstance(entry(n), CoolingUnit)])
def test_cooling_unit_takes_from_air_what_it_gives_to_water(name):
    rating = entry(name).rating
    to_water = WATER * rating.water_flow * (rating.water_out - rating.water_in)
    assert to_water == pytest.approx(rating.capacity, rel=0.07)
    fall = rating.capacity / (AIR * rating.air_flow)
    assert rating.air_in - fall > rating.water_in


@pytest.mark.parametrize("name", [n for n in ALL if isinstance(entry(n), Cdu)])
def test_cdu_pumps_do_not_give_more_than_they_draw(name):
    cdu = entry(name)
    head = {round(V, 9): dp for V, dp in cdu.pump.curve}[round(cdu.flow, 9)]
    assert 0.1 < head * cdu.flow / cdu.pump.power < 0.85
    assert cdu.capacity / (PG25 * cdu.flow) < 20.0


@pytest.mark.parametrize("name", [n for n in ALL if isinstance(entry(n), DryCooler)])
def test_rejection_flow_gives_the_stated_rise(name):
    rejection = entry(name)
    rise = rejection.capacity / (WATER * rejection.flow)
    assert 6.0 < rise < 11.0


def test_shelf_is_the_sum_of_its_miners():
    shelf = entry("shelf_s21_36")
    assert isinstance(shelf, MinerShelf)
    assert shelf.miners == 36
    assert shelf.power == pytest.approx(36 * 3500.0)
    assert shelf.air_flow.flow == pytest.approx(36 * 390 * 4.719474e-4, rel=1e-6)
    assert shelf.power / (AIR * shelf.air_flow.flow) == pytest.approx(15.7, abs=0.3)


def test_transformer_is_best_at_the_load_that_its_losses_say():
    transformer = entry("transformer_2500")
    assert isinstance(transformer, Transformer)
    best = math.sqrt(transformer.no_load_loss / transformer.load_loss)
    assert best == pytest.approx(0.2918, abs=1e-4)


def test_entry_like_another_keeps_its_other_figures():
    calm = resolve({"like": "vr_nvl72", "power": "190 kW", "coolant": {"flow": "285 L/min"}}, {})
    assert calm.power == pytest.approx(190e3)
    assert calm.coolant.flow == pytest.approx(285e-3 / 60)
    assert calm.coolant.dp_nominal == entry("vr_nvl72").coolant.dp_nominal


def test_changed_entry_is_not_called_after_the_product_that_it_was():
    own = {
        "small": {"like": "air_cooled_chiller_1500", "capacity": "300 kW"},
        "smaller": {"like": "small", "capacity": "200 kW"},
        "named": {"like": "small", "name": "Chiller of 300 kW"},
    }
    for of, name in (
        ("air_cooled_chiller_1500", entry("air_cooled_chiller_1500").name),
        ("small", "small"),
        ("smaller", "smaller"),
        ("named", "Chiller of 300 kW"),
        (own["small"], "like air_cooled_chiller_1500"),
        ({"like": "named", "capacity": "100 kW"}, "like named"),
        ({"like": "small", "name": "mine"}, "mine"),
    ):
        assert resolve(of, own).name == name


def test_entries_of_the_case_go_before_those_that_come_along():
    own = {"storage_rack": {"like": "gb300_nvl72", "power": "1 kW"}, "loop": {"like": "loop"}}
    assert resolve("storage_rack", own).power == 1000.0
    with pytest.raises(Unresolved, match="is like itself"):
        resolve("loop", own)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"kind": "rak"}, "wanted one of rack"),
        ({"power": "3 kW"}, "wanted one of rack"),
        ({"like": "storage_rack", "liquid_fraction": "50 %"}, "there is no coolant"),
        ({"like": "shelf_s21_36", "columns": 8}, "8 columns of miners need 1.560 m of 1.500 m"),
        ({"like": "shelf_s21_36", "of": "antminer_s21_xp_hyd"}, "air-cooled miners"),
        ({"like": "storage_rack", "air_flow": {"flow": "1 m3/s"}}, "exactly one of flow"),
        ({"like": "vertiv_fa069hc", "rating": {"water_out": "40 degC"}}, "below air_in"),
        ({"like": "storage_rack", "assumed": {"colour": "grey"}}, "no figure 'colour'"),
    ],
)
def test_entry_against_its_own_physics_is_refused(raw, words):
    with pytest.raises(Unresolved, match=words):
        resolve(raw, {})
