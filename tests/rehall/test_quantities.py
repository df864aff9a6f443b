"""Quantities: text with a unit in, SI out; everything else refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rehall.quantities import EnergyPrice, Share, Temperature, in_si

# Each in SI by hand: definitions of the units (NIST SP 811).
BY_HAND = [
    ("600 mm", "length", 0.6),
    ("1 ft", "length", 0.3048),
    ("40 kW", "power", 40e3),
    ("2.5 MVA", "power", 2.5e6),
    ("22 degC", "temperature", 295.15),
    ("68 degF", "temperature", 293.15),
    ("5 K", "temperature difference", 5.0),
    ("600 L/min", "flow", 0.01),
    ("68980 m3/h", "flow", 68980 / 3600),
    ("370 CFM", "flow", 370 * 4.719474432e-4),
    ("100 gpm", "flow", 100 * 6.30901964e-5),
    ("1.5 L/min/kW", "flow per power", 1.5e-3 / 60 / 1000),
    ("0.4 W/m2/K", "heat transfer coefficient", 0.4),
    ("35 psi", "pressure", 35 * 6894.757293),
    ("1.2 %/K", "share per temperature difference", 0.012),
    ("0.045 mm", "length", 4.5e-5),
    ("0.03 mohm/m", "resistance per length", 3e-5),
    ("200 TH/s", "hash rate", 200.0),
    ("1e3 W", "power", 1000.0),
    ("25 %", "share", 0.25),
]


@pytest.mark.parametrize(("text", "kind", "si"), BY_HAND)
def test_quantity_is_converted_to_si(text, kind, si):
    assert in_si(text, kind) == pytest.approx(si, rel=1e-8)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (40, "power", "found 40, wanted a power with its unit"),
        ("40", "power", "found '40', wanted"),
        ("40 kg", "power", r"found '40 kg' \(a mass\)"),
        ("40 kW", "temperature", r"\(a power\)"),
        ("5 degC", "temperature difference", r"\(a point on the scale\)"),
        ("40 klonk", "power", "no such unit"),
        ("40 kW kW^", "power", "wanted a power"),
        ("forty kW", "power", "found 'forty kW'"),
        ("nan kW", "power", "found 'nan kW'"),
        ("1e400 kW", "power", "not a finite number"),
        ("9 m**9**9**9", "length", "wanted a length"),
        (True, "length", "found True"),
        (None, "length", "found None"),
        ([1], "length", r"found \[1\]"),
    ],
)
def test_what_is_no_such_quantity_is_refused(text, kind, words):
    with pytest.raises(ValueError, match=words):
        in_si(text, kind)


@given(st.floats(-1e6, 1e6))
def test_kilometres_are_a_thousand_metres(value):
    assert math.isclose(in_si(f"{value!r} km", "length"), 1000 * value, rel_tol=1e-12, abs_tol=1e-9)


def test_shares_may_be_bare_numbers_but_not_beyond_one():
    share = TypeAdapter(Share)
    assert share.validate_python("97 %") == pytest.approx(share.validate_python(0.97))
    for wrong in (1.2, "120 %", -0.1, "5 m", True):
        with pytest.raises(ValidationError):
            share.validate_python(wrong)


def test_temperature_below_absolute_zero_is_refused():
    with pytest.raises(ValidationError, match="at least"):
        TypeAdapter(Temperature).validate_python("-300 degC")


def test_price_of_a_kilowatt_hour_is_kept_per_joule():
    price = TypeAdapter(EnergyPrice).validate_python("0.055 USD/kWh")
    assert price.per_joule == pytest.approx(0.055 / 3.6e6)
    assert price.per_kwh == pytest.approx(0.055)
    assert price.currency == "USD"
    for wrong in ("0.055 USD", "0.055 USD/kg", "-1 USD/kWh", 0.055, "0.055 /kWh"):
        with pytest.raises(ValidationError):
            TypeAdapter(EnergyPrice).validate_python(wrong)
