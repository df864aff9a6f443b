"""What follows from a failure in time: what loses its power, what starts again, what stays."""

import pytest

from power.study import NORMAL
from power.study import study as chain_study
from rehall.electrical import power_side
from rehall.nominal_power import nominal_powers
from rehall.redundancy.chosen import chosen
from rehall.redundancy.course import Course, chains_of, course, only_less_heat
from rehall.redundancy.outages import outages

SPAN = 120.0
STARTS = 12.0
WITH_GENERATOR = """
    - {name: GEN, of: {like: generator_2500, units: 1, start_time: 12 s}}
    - {name: MV, of: {like: mv_switch_630, gap: 0.5 s, delay: 0 s}, fed_by: [utility, GEN]}
    - {name: TA, of: transformer_2500, fed_by: MV}
    - {name: TB, of: transformer_2500, fed_by: MV}
    - {name: MB, of: board_2000, fed_by: TA}
"""
COOLING_ON_MB = (
    ("      facility: chw\n      feeds: [BA, BB]", "      facility: chw\n      feeds: [MB]"),
    ("      feeds: [BA, BB]\n    - name: chw", "      feeds: [MB]\n    - name: chw"),
    ("spare: 1}\n      feeds: [BA, BB]", "spare: 1}\n      feeds: [MB]"),
)


@pytest.fixture
def follow(tmp_path, case_of):
    """The course of a failure of a case, by its name."""

    def find(text: str, name: str) -> Course:
        case = case_of(tmp_path, text)
        side = power_side(case)
        (state,) = [s for s in chosen(case, side, outages(case, side)) if s.name == name]
        rows = {NORMAL: 0}
        for _, failure in chains_of(state.parts):
            rows.setdefault(failure, len(rows))
        wanted = side.in_order(nominal_powers(case))
        return course(case, state.parts, chain_study(side.model, wanted, list(rows)), rows, SPAN)

    return find


def with_generator(text: str) -> str:
    """Cooling on generators without a battery, servers behind their UPS."""
    old = text[text.index("    - {name: TA") : text.index("    - {name: UA")]
    text = text.replace(old, WITH_GENERATOR.lstrip("\n"))
    for before, after in COOLING_ON_MB:
        assert before in text
        text = text.replace(before, after)
    return text


def told(found: Course, item: str) -> list[tuple[float, dict]]:
    return [(e.at, e.changes) for e in found.spec.events if e.item == item]


def test_lost_feeder_takes_what_hangs_on_it_alone(follow, sound_text):
    alone = sound_text.replace("feeds: [BA, BB]   # of the CDUs", "feeds: [BA]")
    found = follow(alone, "BA lost")
    assert told(found, "CDU01") == told(found, "CDU02") == [(0.0, {"state": "off"})]
    assert not told(found, "FW01")
    assert not found.unserved


def test_cooling_stops_until_the_generator_runs_and_servers_do_not_notice(follow, sound_text):
    found = follow(with_generator(sound_text), "utility lost")
    back = STARTS + 0.5
    assert told(found, "FW01") == [(0.0, {"state": "off"}), (back, {"state": "on"})]
    assert told(found, "fws") == [
        (0.0, {"state": "off", "rejection": "off"}),
        (back, {"state": "on"}),
        (back, {"rejection": "on"}),
    ]
    assert not told(found, "A01")
    assert not found.unserved


def test_chiller_cools_again_only_after_its_restart(follow, sound_text):
    restart = 40.0
    text = with_generator(sound_text).replace("capacity: 80 kW}", "capacity: 80 kW, restart: 40 s}")
    found = follow(text, "utility lost")
    assert (STARTS + 0.5 + restart, {"rejection": "on"}) in told(found, "chw")
    assert found.span >= STARTS + 0.5 + restart


def test_without_a_generator_servers_run_until_their_batteries_are_empty_and_stay_off(
    follow, sound_text
):
    found = follow(sound_text, "utility lost")
    (event,) = told(found, "A01")
    at, changes = event
    assert changes == {"state": "off"}
    # Two UPS of 210 kWh share 720 kW of servers and what cooling draws; at 80 % of their energy.
    assert 0.5 * 2 * 210 * 3600 * 0.8 / 1000 < at < 2 * 210 * 3600 * 0.8 / 720
    assert found.unserved["A01"] == pytest.approx(180e3)
    items = {item.name: item for item in found.end.items}
    assert not items["A01"].on


def test_what_has_failed_itself_stays_failed_when_the_power_is_back(follow, sound_text):
    both = "{name: both, failures: [{of: FW01 without water}, {of: utility lost, at: 5 s}]}"
    text = with_generator(sound_text).replace(
        "{duration: 120 s}", f"{{duration: 120 s, scenarios: [{both}]}}"
    )
    found = follow(text, "both")
    items = {item.name: item for item in found.end.items}
    assert items["FW01"].on
    assert not items["FW01"].water
    assert items["FW02"].water
    assert told(found, "FW02")[0] == (5.0, {"state": "off"})


def test_standby_unit_without_a_feed_does_not_start(follow, sound_text):
    text = sound_text.replace("feeds: [BA, BB]   # of the CDUs", "feeds: [BA]").replace(
        "      header:", "      failover: 5 s\n      header:"
    )
    text += "off: [CDU02]\n"
    found = follow(text, "BA lost")
    assert (5.0, {"state": "on"}) not in told(found, "CDU02")
    alone = follow(text, "CDU01 off")
    assert (5.0, {"state": "on"}) in told(alone, "CDU02")


def test_server_on_half_of_its_supplies_throttles_and_warms_nothing(
    follow, sound_text, case_of, tmp_path
):
    hungry = sound_text.replace("power: 180 kW", "power: 226 kW")
    found = follow(hungry, "whip of A01 from BA lost")
    ((at, changes),) = told(found, "A01")
    assert at == 0.0
    assert changes["power"] == pytest.approx(2 * 110e3 / 0.975, rel=1e-6)
    assert only_less_heat(found, case_of(tmp_path, hungry))


def test_water_that_nothing_cools_is_taken_from_its_users_in_the_end(follow, sound_text):
    found = follow(sound_text, "fws lost")
    items = {item.name: item for item in found.end.items}
    assert not items["CDU01"].water
    assert items["FW01"].water
