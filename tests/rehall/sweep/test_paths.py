import pytest

from geometry.errors import InputError
from rehall.config import checked
from rehall.sweep.changes import Change, changed


@pytest.fixture
def made(hall):
    """Return a function: the data of the hall with one value at a path."""
    return lambda path, value, case=hall: changed(case, [Change(path, value)]).data


def found(data, *keys):
    for key in keys:
        data = data[key]
    return data


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("site.outdoor.dry_bulb", ("site", "outdoor", "dry_bulb")),
        ("limits.rack_inlet_max", ("limits", "rack_inlet_max")),
        ("liquid.facility[chw].supply", ("liquid", "facility", 0, "supply")),
        ("liquid.facility[0].supply", ("liquid", "facility", 0, "supply")),
        ("liquid.facility[*].supply", ("liquid", "facility", 0, "supply")),
        ("power.nodes[T?].of.rating", ("power", "nodes", 1, "of", "rating")),
        ("chw.supply", ("liquid", "facility", 0, "supply")),
        ("T1.of.rating", ("power", "nodes", 1, "of", "rating")),
        ("hot aisle.leakage", ("hall", "containment", 0, "leakage")),
        ("hall.containment[hot aisle].leakage", ("hall", "containment", 0, "leakage")),
        ("A.count", ("equipment", 0, "row", "count")),
        ("equipment[A].count", ("equipment", 0, "row", "count")),
        ("equipment[0].row.count", ("equipment", 0, "row", "count")),
        ("FW*.supply", ("equipment", 1, "unit", "supply")),
        ("cooling_units[*].supply", ("equipment", 1, "unit", "supply")),
        ("cooling_units.supply", ("equipment", 1, "unit", "supply")),
        ("racks[A].power", ("equipment", 0, "row", "power")),
        ("redundancy.duration", ("redundancy", "duration")),
    ],
)
def test_path_leads_to_its_input_and_to_nothing_else(made, hall, path, keys):
    data = made(path, "new")
    assert found(data, *keys) == "new"
    for key, section in hall.document.data.items():
        assert key == keys[0] or data[key] == section


def test_kind_takes_its_own_kind_only(made):
    data = made("racks[*].power", "9 kW")
    assert found(data, "equipment", 0, "row", "power") == "9 kW"
    assert "power" not in found(data, "equipment", 1, "unit")


def test_what_is_inside_an_entry_by_name_is_written_over_it(made):
    data = made("A.of.power", "9 kW")
    assert found(data, "equipment", 0, "row", "of") == {"like": "storage_rack", "power": "9 kW"}
    data = made("FW1.of.fan_power", "2 kW")
    assert found(data, "equipment", 1, "unit", "of", "size") == ["2.4 m", "1.2 m", "3.0 m"]


def test_piece_of_a_row_is_changed_alone_and_the_others_stay_where_they_are(hall):
    case = checked(changed(hall, [Change("A03.power", "9 kW")]))
    before = {item.name: item for item in hall.items}
    assert [item.name for item in case.items] == list(before)
    for item in case.items:
        old = before[item.name]
        assert item.box == old.box
        assert item.feeds == old.feeds
        assert item.power == (9000.0 if item.name == "A03" else old.power)


@pytest.mark.parametrize("path", ["A03", "racks[A03]", "equipment[A03]"])
def test_piece_of_a_row_is_left_out_and_the_row_is_still_known(hall, path):
    changes = [Change(path, "absent"), Change("A.power", "8 kW"), Change("A02.power", "9 kW")]
    case = checked(changed(hall, changes))
    powers = {i.name: i.power for i in case.items if i.kind == "rack"}
    assert powers == {"A01": 8e3, "A02": 9e3, "A04": 8e3}


def test_phases_of_a_piece_stay_as_its_row_has_rotated_them(case_of, hall_text):
    case = case_of(hall_text.replace("facing: -y, feeds", "facing: -y, phases: rotate, feeds"))
    apart = checked(changed(case, [Change("A01.power", "9 kW")]))
    assert [i.phases for i in apart.items] == [i.phases for i in case.items]
    assert [i.phases for i in apart.items if i.kind == "rack"] == ["a", "b", "c", "a"]


def test_what_is_present_stays_and_what_is_absent_goes(made, hall):
    assert made("A", "present") == hall.document.data
    assert [list(line) for line in made("A", "absent")["equipment"]] == [["unit"]]
    assert "energy_price" not in made("site.energy_price", "absent")["site"]
    assert made("site.energy_price", "present") == hall.document.data
    assert made("A.phases", "a") != hall.document.data
    with pytest.raises(InputError, match=r"'A.phases' is not in the case"):
        made("A.phases", "absent")


def test_many_items_of_a_list_are_left_out_at_once(case_of, hall_text):
    names = [*(f"west {n}" for n in range(8)), "east 8", "east 9", "east 10", "west 11"]
    lines = "".join(
        f"    - {{name: {name}, from: [{0.1 + 0.5 * n:g} m, 0.1 m, 0 m],"
        f" to: [{0.3 + 0.5 * n:g} m, 0.3 m, 1 m]}}\n"
        for n, name in enumerate(names)
    )
    case = case_of(hall_text.replace("  containment:", f"  obstacles:\n{lines}  containment:"))
    data = changed(case, [Change("east*", "absent")]).data
    assert [thing["name"] for thing in data["hall"]["obstacles"]] == [*names[:8], "west 11"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("FX1.supply", "did you mean 'FW1'"),
        ("sit.altitude", "did you mean 'site'"),
        ("A05.power", "did you mean 'A0"),
        ("liquid.facility[chv].supply", "in 'facility' did you mean 'chw'"),
        ("racks[B01].power", "in 'racks' did you mean 'A01'"),
        ("site.altitude.height", "'altitude' has nothing inside"),
        ("site[altitude", "is no path"),
        ("site..altitude", "is no path"),
        ("", "is no path"),
    ],
)
def test_path_that_leads_nowhere_is_refused_with_the_nearest_name(made, path, told):
    with pytest.raises(InputError, match="--vary") as caught:
        made(path, 1)
    assert told in str(caught.value)


def test_systems_that_are_written_out_already_are_refused(made, case_of, hall_text):
    system = "{name: S, redundancy: 2N, fed_by: utility, ups: ups_2500, board: board_2000}"
    case = case_of(hall_text.replace("power:\n", f"power:\n  systems: [{system}]\n", 1))
    for path in ("power.systems[S].ups", "S.ups"):
        with pytest.raises(InputError, match="written out before"):
            made(path, "ups_1250", case)
    assert made("S-UA.of", "ups_1250", case)["power"]["nodes"][3]["of"] == "ups_1250"


def test_mistake_in_a_value_is_told_at_the_line_of_the_file(hall):
    with pytest.raises(InputError, match=r"case.yaml:\d+: .*row.count: found -1"):
        checked(changed(hall, [Change("A.count", -1)]))


def test_case_itself_is_left_as_it_was(hall):
    before = repr(hall.document.data), [str(n.where) for n in hall.document.nodes.values()]
    changed(hall, [Change("A01", "absent"), Change("site.altitude", "9 m")])
    assert before == (
        repr(hall.document.data),
        [str(n.where) for n in hall.document.nodes.values()],
    )
