"""Every mistake ends in a message with file, line, place, what was found and what is wanted."""

import inspect
import re
from pathlib import Path

import pytest

from geometry.errors import InputError
from rehall import limits, limits_air
from rehall.config import load
from rehall.electrical import power_side
from rehall.schema.site import Limits

GOOD = """\
site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}
hall:
  size: [12 m, 9 m, 4 m]
equipment:
  - row: {of: vr_nvl72, name: A, count: 2, first: [3 m, 3 m], facing: -y, loop: tcs, feeds: [UA]}
  - unit: {of: storage_rack, name: S1, at: [6 m, 3 m], facing: -y, feeds: [UA]}
  - unit: {of: coolit_chx2000, name: CDU1, at: [9 m, 3 m], facing: -y, loop: tcs, feeds: [UA]}
liquid:
  facility:
    - name: fws
      supply: 39 degC
      flow: 1000 L/min
      pump_head: 200 kPa
      pump_efficiency: 70 %
      rejection: {of: dry_cooler_2mw, count: 1}
      feeds: [UA]
  loops:
    - name: tcs
      supply: 43 degC
      facility: fws
      header: {diameter: 200 mm, pitch: 0.6 m}
      control: {differential_pressure: 180 kPa}
power:
  nodes:
    - {name: grid, of: utility, voltage: 13.8 kV}
    - {name: T1, of: transformer_2500, fed_by: grid}
    - {name: UA, of: ups_2500, fed_by: T1}
"""

COOLANT = "{fluid: %s, inlet_max: 45 degC, flow: 345 L/min, dp_nominal: 150 kPa}"

# what is written instead of what; where the message points to; what it says
MISTAKES = {
    "unknown key": (
        "name: S1",
        "name: S1, pwoer: 3 kW",
        "6: equipment[1].unit.pwoer",
        "did you mean 'power'?",
    ),
    "length missing": ("[12 m, 9 m, 4 m]", "[12 m, 9 m]", "3: hall.size[2]", "wanted 3 lengths"),
    "missing key": ("  size: [12 m, 9 m, 4 m]", "  walls: {}", "2: hall.size", "missing"),
    "missing unit": (
        "dry_bulb: 30 degC",
        "dry_bulb: 30",
        "1: site.outdoor.dry_bulb",
        "found 30, wanted a temperature with its unit",
    ),
    "wrong dimension": (
        "[12 m, 9 m, 4 m]",
        "[12 m, 9 kg, 4 m]",
        "3: hall.size[1]",
        "found '9 kg' (a mass), wanted a length",
    ),
    "unknown unit": (
        "200 mm",
        "200 furlong_per_kW",
        "21: liquid.loops[0].header.diameter",
        "no such unit",
    ),
    "negative power": (
        "name: S1",
        "name: S1, power: -5 kW",
        "6: equipment[1].unit.power",
        "found '-5 kW', wanted at least 0 W",
    ),
    "rack outside the hall": (
        "at: [6 m, 3 m]",
        "at: [11.7 m, 3 m]",
        "6: S1",
        "reaches out of the hall by 0.300 m at +x",
    ),
    "overlapping racks": (
        "at: [6 m, 3 m]",
        "at: [4.0 m, 3.3 m]",
        "6: S1",
        "overlaps A02 by 0.200 m along x, 0.900 m along y, 2.300 m along z",
    ),
    "unknown entry": (
        "of: storage_rack",
        "of: storage_rak",
        "6: equipment[1].unit.of",
        "no catalogue entry 'storage_rak'; did you mean 'storage_rack'?",
    ),
    "wet bulb above dry bulb": (
        "wet_bulb: 20 degC",
        "wet_bulb: 32 degC",
        "1: site.outdoor",
        "wet_bulb is above dry_bulb: 32 degC and 30 degC",
    ),
    "wet bulb below that of dry air": (
        "wet_bulb: 20 degC",
        "wet_bulb: 5 degC",
        "1: site.outdoor.wet_bulb",
        "5 degC at a dry bulb of 30 degC: air without any water has 10.5 degC there",
    ),
    "air colder than its properties": (
        "{dry_bulb: 30 degC, wet_bulb: 20 degC}",
        "{dry_bulb: -60 degC, wet_bulb: -60 degC}",
        "1: site.outdoor",
        "air at -60.0 degC, 10.0 K too cold; its properties hold from -50 to 90 degC",
    ),
    "unknown liquid": (
        "- name: tcs",
        "- name: tcs\n      fluid: pq25",
        "19: liquid.loops[0].fluid",
        "no liquid 'pq25'; did you mean 'pg25'?",
    ),
    "too much glycol": (
        "- name: fws",
        "- name: fws\n      fluid: eg70",
        "11: liquid.facility[0].fluid",
        "eg70: ethylene glycol at 70 % by volume; wanted a whole number from 10 to 60, like eg60",
    ),
    "water that freezes": (
        "supply: 39 degC",
        "supply: -4 degC",
        "11: liquid.facility[0].supply",
        "water at -4.0 degC, 5.0 K too cold; its properties hold from 1 to 95 degC",
    ),
    "coolant hotter than its properties": (
        "supply: 43 degC",
        "supply: 96 degC",
        "19: liquid.loops[0].supply",
        "pg25 at 96.0 degC, 1.0 K too warm; its properties hold from -6 to 95 degC",
    ),
    "temperature in kelvin": (
        "supply: 43 degC",
        "supply: 43 K",
        "19: liquid.loops[0].supply",
        "found '43 K', wanted at least 173.15 K; did you mean '43 degC'?",
    ),
    "pump without a check valve that is not there": (
        "pump_head: 200 kPa",
        "pump_head: 200 kPa\n      pumps: {count: 2, duty: 1, without_check: [3]}",
        "14: liquid.facility[0].pumps",
        "without_check: no pump 3, there are 2",
    ),
    "pump without a check valve named twice": (
        "of: coolit_chx2000",
        "of: {like: coolit_chx2000, pump: {count: 2, without_check: [2, 2]}}",
        "7: equipment[2].unit.of.pump",
        "without_check: pump 2 is there more than once",
    ),
    "share in percent without its sign": (
        "pump_efficiency: 70 %",
        "pump_efficiency: 70",
        "14: liquid.facility[0].pump_efficiency",
        "found 70, wanted at most 1; did you mean '70 %'?",
    ),
    "half a U-value": (
        "  size: [12 m, 9 m, 4 m]",
        "  size: [12 m, 9 m, 4 m]\n  walls: {default: {u_value: 0.4 W/m2/K}}",
        "4: hall.walls.default",
        "u_value and outdoor belong together, as in {u_value: 0.4 W/m2/K, outdoor: 30 degC}",
    ),
    "entry that is a number": (
        "of: storage_rack",
        "of: {like: 3}",
        "6: equipment[1].unit.of",
        "found 3, wanted the name of an entry",
    ),
    "entry of another kind": (
        "of: dry_cooler_2mw",
        "of: storage_rack",
        "15: liquid.facility[0].rejection.of",
        "found a rack, wanted one of dry_cooler, adiabatic_cooler, cooling_tower",
    ),
    "mistake inside an entry": (
        "of: storage_rack",
        "of: {like: storage_rack, power: 22 degC}",
        "6: equipment[1].unit.of.power",
        "found '22 degC' (a temperature)",
    ),
    "liquid-cooled rack without a loop": (
        "[3 m, 3 m], facing: -y, loop: tcs",
        "[3 m, 3 m], facing: -y",
        "5: equipment[0].row",
        "A (rack) is liquid-cooled and has no loop; loops are tcs",
    ),
    "air-cooled rack with a loop": (
        "name: S1",
        "name: S1, loop: tcs",
        "6: equipment[1].unit.loop",
        "not liquid-cooled",
    ),
    "unknown loop": (
        "[3 m, 3 m], facing: -y, loop: tcs",
        "[3 m, 3 m], facing: -y, loop: tcz",
        "5: equipment[0].row.loop",
        "no loop 'tcz'; did you mean 'tcs'?",
    ),
    "loop without a pump": (
        "of: coolit_chx2000, name: CDU1, at: [9 m, 3 m], facing: -y, loop: tcs",
        "of: storage_rack, name: S2, at: [9 m, 3 m], facing: -y",
        "18: liquid.loops[0]",
        "loop 'tcs' has no pump",
    ),
    "unknown facility": (
        "facility: fws",
        "facility: fwz",
        "20: liquid.loops[0].facility",
        "no facility 'fwz'; did you mean 'fws'?",
    ),
    "another coolant": (
        "- name: tcs",
        "- name: tcs\n      fluid: water",
        "5: equipment[0].row.loop",
        "wants pg25, loop 'tcs' holds water",
    ),
    "rack without a feeder": (
        "at: [6 m, 3 m], facing: -y, feeds: [UA]",
        "at: [6 m, 3 m], facing: -y",
        "6: equipment[1].unit",
        "S1 (rack) has no feeder",
    ),
    "unknown feeder": (
        "at: [6 m, 3 m], facing: -y, feeds: [UA]",
        "at: [6 m, 3 m], facing: -y, feeds: [UB]",
        "6: equipment[1].unit.feeds[0]",
        "no power node 'UB'; known are T1, UA, grid",
    ),
    "duplicate name": (
        "name: S1",
        "name: A02",
        "6: equipment[1].unit.name",
        "duplicate name 'A02'",
    ),
    "node fed by itself": (
        "fed_by: T1",
        "fed_by: UA",
        "27: power.nodes[2].fed_by",
        "fed by itself",
    ),
    "transformer of a smaller rating with the losses of a large one": (
        "of: transformer_2500",
        "of: {like: transformer_2500, rating: 200 kVA}",
        "26: power.nodes[1].of",
        "of the rating of 200 kVA, more than the impedance of 5.75 %; give load_loss and",
    ),
    "node fed by nothing": (", fed_by: T1", "", "27: power.nodes[2]", "fed by nothing"),
    "blocked intake": (
        "at: [6 m, 3 m]",
        "at: [6 m, 0 m]",
        "6: S1",
        "intake (-y) is blocked by the shell, 0.000 m away",
    ),
    "key given twice": (
        "count: 2",
        "count: 2, count: 3",
        "5",
        'malformed YAML: found duplicate key "count"',
    ),
    "malformed YAML": ("count: 2", "count: 2]", "5", "malformed YAML"),
    "number too large": (
        "200 mm",
        "1e999 m",
        "21: liquid.loops[0].header.diameter",
        "not a finite number",
    ),
    "include of nothing": (
        "site:",
        "include: walls.yaml\nsite:",
        "1: include",
        "no file 'walls.yaml'",
    ),
    "include of itself": ("site:", "include: hall.yaml\nsite:", "1: include", "includes itself"),
}


def findings(text: str, folder: Path) -> list[str]:
    path = folder / "hall.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load(path)
    return [str(finding).replace(f"{path}:", "") for finding in error.value.findings]


def test_good_case_is_accepted(tmp_path):
    (tmp_path / "hall.yaml").write_text(GOOD)
    assert [item.name for item in load(tmp_path / "hall.yaml").items] == [
        "A01",
        "A02",
        "S1",
        "CDU1",
    ]


@pytest.mark.parametrize("fluid", ["pg30", "pg55", "eg40"])
def test_loops_and_racks_take_glycol_of_any_known_share(fluid, tmp_path):
    text = GOOD.replace("supply: 39 degC", f"fluid: {fluid}\n      supply: -5 degC")
    text = text.replace("- name: tcs", f"- name: tcs\n      fluid: {fluid}")
    text = text.replace("of: vr_nvl72", f"of: {{like: vr_nvl72, coolant: {COOLANT % fluid}}}")
    (tmp_path / "hall.yaml").write_text(text)
    case = load(tmp_path / "hall.yaml")
    assert [loop.fluid for loop in case.liquid.facility + case.liquid.loops] == [fluid, fluid]
    assert case.item("A01").entry.coolant.fluid == fluid


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_mistake_gives_one_message_at_its_line(mistake, tmp_path):
    old, new, place, words = MISTAKES[mistake]
    assert GOOD.count(old) == 1
    (message,) = findings(GOOD.replace(old, new), tmp_path)
    assert message.startswith(f"{place}: ")
    assert words in message


def limits_of_a_run() -> set[str]:
    """Every limit that the source computes, by its name in the table of a run."""
    source = "".join(Path(inspect.getfile(module)).read_text() for module in (limits, limits_air))
    named = set(re.findall(r'Limit\(\s*"(\w+)"', source))
    assert len(named) > 20
    return named | {"contracted_demand", "unserved_power", "real_power"}


def test_limit_that_is_set_elsewhere_says_where_and_stands_in_the_docs(tmp_path):
    page = (Path(__file__).parents[2] / "docs/case-file.md").read_text()
    names = limits_of_a_run()
    for name in names:
        assert f"`{name}`" in page
    for name in names - set(Limits.model_fields):
        (message,) = findings(GOOD + f"limits: {{{name}: 20 %}}\n", tmp_path)
        assert message == f"28: limits.{name}: cannot be set here: {Limits.ELSEWHERE[name]}"


def test_figure_that_the_power_chain_refuses_is_told_at_its_line(tmp_path):
    path = tmp_path / "hall.yaml"
    path.write_text(GOOD.replace("of: ups_2500", "of: {like: ups_2500, rating: 900 kVA}"))
    with pytest.raises(InputError, match=r"hall\.yaml:27: UA: real rating .* got 2\.5e\+06"):
        power_side(load(path))


def test_all_mistakes_are_told_at_once_whatever_their_kind(tmp_path):
    text = GOOD
    for name in ("unknown entry", "negative power", "node fed by itself"):
        text = text.replace(*MISTAKES[name][:2])
    text = text.replace("pitch: 0.6 m", "pitch: 0.6 kg").replace("[9 m, 3 m]", "[4.0 m, 3 m]")
    heads = [message.split(": ")[:2] for message in findings(text, tmp_path)]
    assert heads == [
        ["5", "A02"],
        ["6", "equipment[1].unit.power"],
        ["6", "equipment[1].unit.of"],
        ["21", "liquid.loops[0].header.pitch"],
        ["27", "power.nodes[2].fed_by"],
    ]


def test_mistake_in_one_line_does_not_hide_the_loop_that_it_feeds(tmp_path):
    assert findings(GOOD.replace("name: CDU1", "name: CDU1, on: maybe"), tmp_path) == [
        "7: equipment[2].unit.on: found 'maybe', wanted true or false"
    ]


def test_mistake_in_a_line_does_not_hide_its_name_from_events_and_what_is_off(tmp_path):
    event = "{at: 0 s, item: fws, pumps: 0}"
    lines = f"off: [CDU1]\ntransient:\n  duration: 9 s\n  events:\n    - {event}\n"
    text = GOOD.replace("name: CDU1,", "name: CDU1, att: 1,") + lines
    text = text.replace("flow: 1000 L/min", "flow: 1000 kPa")
    told = findings(text, tmp_path)
    assert len(told) == 2
    assert [message.split(":")[0] for message in told] == ["7", "12"]


def test_mistake_in_an_include_is_told_with_its_own_file_and_line(tmp_path):
    (tmp_path / "walls.yaml").write_text("hall:\n  walls:\n    roof: adiabatic\n")
    (message,) = findings("include: walls.yaml\n" + GOOD, tmp_path)
    assert message.startswith(f"{tmp_path / 'walls.yaml'}:3: hall.walls.roof: unknown key; ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b"\xff\xfe\x00", "is not text in UTF-8"),
        (b"- a\n- b\n", "found a list, wanted sections"),
        (b"hall", "found 'hall', wanted sections"),
        (b"a: &a {b: *a}\n", "unknown key"),
        (b"{[a, b]: 1, {c: d}: 2}\n", "unknown key"),
        (b"a: &x 1\nb: &x 2\n", "malformed YAML: found duplicate anchor"),
        pytest.param(b"a: " + b"[" * 5000, "malformed YAML", marks=pytest.mark.slow),
        (b"x" * 100_000_000, "has 100.0 MB; a case file has at most 2 MB"),
    ],
)
def test_file_that_is_no_case_is_refused(content, words, tmp_path):
    path = tmp_path / "hall.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        load(path)


def test_folder_and_missing_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder; wanted a YAML file"):
        load(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "none.yaml")


def test_anchors_that_unfold_without_end_are_refused(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (tmp_path / "hall.yaml").write_text("\n".join(lines))
    with pytest.raises(InputError, match="more than 200000 values"):
        load(tmp_path / "hall.yaml")
