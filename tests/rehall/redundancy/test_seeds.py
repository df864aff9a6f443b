"""Weaknesses built into a sound hall are found, and called by name."""

import pytest

pytestmark = pytest.mark.slow


def broken(record: dict) -> set[str]:
    return {row["limit"] for row in record["broken"] if row["holds"] is False}


@pytest.fixture(scope="module")
def sound(tmp_path_factory, sound_text, studied) -> dict[str, dict]:
    folder = tmp_path_factory.mktemp("sound")
    names = ("BA lost", "UA lost", "fws pump *", "FW01 fans stop", "CDU01 off")
    return studied(folder, sound_text, *names)


def test_sound_hall_keeps_every_limit_after_the_failures_that_the_seeds_are_about(sound):
    assert {name: record["verdict"] for name, record in sound.items()} == dict.fromkeys(
        sound, "pass"
    )
    assert len(sound) == 7


def test_two_units_on_one_feeder_are_lost_with_it(tmp_path, sound_text, studied):
    weak = sound_text.replace("feeds: [BA, BB]   # of the CDUs", "feeds: [BA]")
    found = studied(tmp_path, weak, "B* lost")
    assert found["BB lost"]["verdict"] == "pass"
    lost = found["BA lost"]
    assert lost["verdict"] == "fail"
    assert {"0 s: CDU01 state off", "0 s: CDU02 state off"} <= set(lost["events"])
    assert "chip_temperature_max" in broken(lost)
    assert 0.0 < lost["first_limit_s"] < 60.0


def test_pair_of_ups_that_carries_the_load_only_together_is_overloaded_after_one_loss(
    tmp_path, sound_text, studied
):
    small = sound_text.replace(
        "of: ups_2500", "of: {like: ups_2500, rating: 600 kVA, rating_w: 600 kW}"
    )
    found = studied(tmp_path, small, "U* lost", "CDU01 off")
    assert found["CDU01 off"]["verdict"] == "pass"
    for name, other in (("UA lost", "UB"), ("UB lost", "UA")):
        assert found[name]["verdict"] == "fail"
        assert any(r["where"] == other and r["limit"] == "loading" for r in found[name]["broken"])


def test_contained_aisle_overheats_soon_where_one_fan_wall_cannot_draw_its_air(
    tmp_path, sound_text, studied
):
    weak = sound_text.replace("air_flow: 2.8 m3/s", "air_flow: 0.8 m3/s")
    record = studied(tmp_path, weak, "FW01 fans stop")["FW01 fans stop"]
    assert record["verdict"] == "fail"
    assert "rack_inlet_max" in broken(record)
    assert 0.0 < record["first_limit_s"] < 120.0


def test_pump_without_check_valve_is_the_one_whose_trip_starves_the_units(
    tmp_path, sound_text, studied
):
    weak = (
        sound_text.replace("{count: 3, duty: 3}", "{count: 3, duty: 3, without_check: [3]}")
        .replace("supply: 34 degC", "supply: 36 degC")
        .replace("flow: 2100 L/min", "flow: 1500 L/min")
        .replace("coolant_supply_max: 45 degC", "coolant_supply_max: 40.2 degC")
    )
    found = studied(tmp_path, weak, "fws pump *")
    verdicts = {name: record["verdict"] for name, record in found.items()}
    assert verdicts == {
        "fws pump 1 trips": "pass",
        "fws pump 2 trips": "pass",
        "fws pump 3 trips": "fail",
    }
