"""Weather files: what is read is what is in the file, and what cannot be used is told by line."""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest

from geometry.errors import InputError
from rehall.config import load
from rehall.weather import pressures, read_epw, weather_of

SHIPPED = Path("configs/weather/synthetic_continental.epw")
ROOT = Path(__file__).parents[2]


def raw(path):
    """Dry bulb, dew point and pressure by splitting lines at commas."""
    lines = path.read_text().splitlines()[8:]
    return np.array([[float(line.split(",")[n]) for n in (6, 7, 9)] for line in lines]).T


def test_hours_read_are_those_in_the_file():
    weather = read_epw(ROOT / SHIPPED)
    dry, dew, pressure = raw(ROOT / SHIPPED)
    np.testing.assert_allclose(weather.T_dry, dry + 273.15)
    np.testing.assert_allclose(weather.T_dew, dew + 273.15)
    np.testing.assert_allclose(weather.pressure, pressure)
    assert (weather.month[0], weather.day[0], weather.hour[0]) == (1, 1, 1)
    assert (weather.month[-1], weather.day[-1], weather.hour[-1]) == (12, 31, 24)


def test_hours_written_come_back(epw):
    dry = 10.0 + 15.0 * np.sin(np.arange(8760) / 500.0)
    weather = read_epw(epw(dry, dry - 3.0, 95e3))
    np.testing.assert_allclose(weather.T_dry, dry + 273.15, atol=1e-4)
    np.testing.assert_allclose(weather.T_dew, dry - 3.0 + 273.15, atol=1e-4)
    assert weather.place == "Nowhere"


def test_shipped_year_says_that_it_is_made_up_and_is_made_by_its_script(tmp_path):
    text = (ROOT / SHIPPED).read_text()
    assert text.startswith("LOCATION,SYNTHETIC")
    assert "not measured" in text
    assert len(text) < 1.2e6
    spec = importlib.util.spec_from_file_location("made", ROOT / SHIPPED.with_suffix(".py"))
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.__file__ = str(tmp_path / "again.py")
    script.main()
    assert (tmp_path / "again.epw").read_text() == text


def test_shipped_year_is_one_of_a_continental_climate_near_the_design_of_its_halls():
    dry, dew, pressure = raw(ROOT / SHIPPED)
    assert (dew <= dry).all()
    assert np.percentile(dry, 99.6) == pytest.approx(33.0, abs=0.5)
    assert dry.min() < -10.0
    assert 97e3 < pressure.mean() < 99.5e3
    by_month = dry[:8736].reshape(12, -1).mean(1)
    assert by_month.argmax() in (5, 6, 7)
    assert by_month.argmin() in (0, 1, 11)


def spoiled(epw, hour, column, value):
    """A weather file with one wrong cell."""
    path = epw(20.0, 10.0)
    lines = path.read_text().splitlines()
    cells = lines[8 + hour].split(",")
    cells[column] = value
    lines[8 + hour] = ",".join(cells)
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (6, "99.9", "dry bulb is missing"),
        (7, "99.9", "dew point is missing"),
        (9, "999999", "pressure is missing"),
        (6, "abc", "dry bulb is missing"),
        (6, "75", "dry bulb of 75 degC, wanted -70 to 70"),
        (7, "21", "dew point of 21 degC above the dry bulb of 20 degC"),
        (9, "1013", "pressure of 1013 Pa, wanted 31000 to 120000"),
    ],
)
def test_hour_that_cannot_be_used_is_told_with_its_line(epw, column, value, words):
    path = spoiled(epw, 100, column, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns of mixed type
        with pytest.raises(InputError) as refused:
            read_epw(path)
    assert str(refused.value) == f"{path}:109: {words}"


def test_many_wrong_hours_are_told_in_a_few_lines(epw):
    with pytest.raises(InputError) as refused:
        read_epw(epw(99.9, 10.0))
    told = str(refused.value).splitlines()
    assert len(told) == 6
    assert told[-1].endswith("and 8,755 more hours")


def test_file_of_another_length_or_form_is_refused(epw, tmp_path):
    path = epw(20.0, 10.0)
    path.write_text("\n".join(path.read_text().splitlines()[:-24]))
    with pytest.raises(InputError, match=r"8,736 hours; wanted 8,760"):
        read_epw(path)
    other = tmp_path / "hall.yaml"
    other.write_text("site: {}\n")
    with pytest.raises(InputError, match="no weather file in EPW form"):
        read_epw(other)


def test_rounded_dew_point_just_above_the_dry_bulb_is_saturated_air(epw):
    weather = read_epw(epw(20.0, 20.3))
    np.testing.assert_allclose(weather.T_dew, weather.T_dry)


def test_pressure_is_that_of_the_altitude_where_the_file_has_none(epw):
    weather = read_epw(epw(20.0, 10.0, 999999))
    found, notes = pressures(weather, 90e3)
    np.testing.assert_allclose(found, 90e3)
    assert "no pressure" in notes[0]


def test_weather_of_another_height_is_told(epw):
    weather = read_epw(epw(20.0, 10.0, 85e3))
    assert pressures(weather, 85.5e3)[1] == []
    assert "is it weather of another height?" in pressures(weather, 101e3)[1][0]


def test_weather_stands_beside_the_file_that_names_it(starter, epw, tmp_path):
    epw(20.0, 10.0)
    (tmp_path / "sub").mkdir()
    (tmp_path / "base.yaml").write_text("site: {weather: made.epw}\n")
    case = tmp_path / "sub" / "case.yaml"
    case.write_text("include: ../base.yaml\n" + starter)
    assert weather_of(load(case)).path.name == "made.epw"


def test_case_without_weather_says_how_to_give_one(starter, tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text(starter)
    with pytest.raises(InputError, match=r"case\.yaml:3: site\.weather: missing; wanted weather"):
        weather_of(load(path))
    path.write_text(starter.replace("name: starter", "name: starter\n  weather: gone.epw"))
    with pytest.raises(InputError, match=r"case\.yaml:5: site\.weather: there is no file .*gone"):
        weather_of(load(path))
    with pytest.raises(InputError, match="--weather: there is no file other"):
        weather_of(load(path), Path("other.epw"))
