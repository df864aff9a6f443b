import jax
import numpy as np
import pytest
from CoolProp.CoolProp import PropsSI
from jax import numpy as jnp

from thermal import coolants
from thermal.coolants import GLYCOLS, complaint, freezing_point
from thermal.properties import fluid

KEYS = {"density": "D", "heat_capacity": "C", "conductivity": "L", "viscosity": "V"}
IN_COOLPROP = {"pg": "APG", "eg": "AEG"}
PERCENTS = range(10, 61)


def coolprop(kind, percent):
    return f"INCOMP::{IN_COOLPROP[kind]}[{percent / 100}]"


@pytest.mark.parametrize("quantity", KEYS)
@pytest.mark.parametrize("kind", GLYCOLS)
def test_glycol_of_any_share_agrees_with_coolprop_over_its_whole_range(kind, quantity):
    for percent in PERCENTS:
        liquid = fluid(f"{kind}{percent}")
        T = np.linspace(liquid.T_min, liquid.T_max, 25)
        reference = [PropsSI(KEYS[quantity], "T", t, "P", 2e5, coolprop(kind, percent)) for t in T]
        with jax.disable_jit():  # a program for each mixture would take longer than its result
            ours = getattr(liquid, quantity)(jnp.asarray(T))
        np.testing.assert_allclose(ours, reference, rtol=1e-9, err_msg=liquid.name)


@pytest.mark.parametrize("kind", GLYCOLS)
def test_glycol_freezes_where_coolprop_has_it_and_its_range_ends_three_kelvin_above(kind):
    for percent in PERCENTS:
        reference = PropsSI("T_freeze", "T", 300.0, "P", 2e5, coolprop(kind, percent))
        ours = freezing_point(GLYCOLS[kind], percent / 100)
        assert ours == pytest.approx(reference, abs=1e-9)
        above = fluid(f"{kind}{percent}").T_min - reference
        assert above >= 3.0
        assert above < 4.0 or fluid(f"{kind}{percent}").T_min == pytest.approx(238.15)


def test_ethylene_glycol_has_the_densities_printed_by_ashrae():
    # ASHRAE Fundamentals (2009), chapter 31, density of aqueous ethylene glycol [lb/ft3] at
    # 40, 100, 160 and 200 degF, for 10, 30, 50 and 60 % by volume; ours are 0.12 % less.
    T = (np.array([40.0, 100.0, 160.0, 200.0]) + 459.67) / 1.8
    printed = {
        10: [63.61, 62.93, 61.92, 61.06],
        30: [65.66, 64.86, 63.73, 62.79],
        50: [67.47, 66.55, 65.30, 64.27],
        60: [68.31, 67.32, 66.00, 64.93],
    }
    for percent, density in printed.items():
        ours = fluid(f"eg{percent}").density(jnp.asarray(T))
        np.testing.assert_allclose(ours, 16.018463 * np.array(density), rtol=1.5e-3)


@pytest.mark.parametrize("kind", GLYCOLS)
def test_more_glycol_freezes_lower_and_flows_and_carries_less(kind):
    mixtures = [fluid(f"{kind}{percent}") for percent in range(10, 61, 10)]
    T = jnp.asarray(313.15)
    assert np.all(np.diff([mixture.T_min for mixture in mixtures]) <= 0.0)
    assert np.all(np.diff([float(mixture.viscosity(T)) for mixture in mixtures]) > 0.0)
    assert np.all(np.diff([float(mixture.heat_capacity(T)) for mixture in mixtures]) < 0.0)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pg75", "propylene glycol at 75 % by volume; wanted a whole number from 10 to 60"),
        ("eg9", "ethylene glycol at 9 % by volume; wanted a whole number from 10 to 60, like eg10"),
        ("pg25.4", "at 25.4 % by volume; wanted a whole number from 10 to 60, like pg25"),
        ("PG 25", "did you mean 'pg25'"),
        ("watr", "did you mean 'water'"),
        ("mercury", "known are water, pg10 to pg60 and eg10 to eg60"),
    ],
)
def test_unknown_liquid_is_told_with_what_is_known(name, told):
    assert told in (complaint(name) or "")


def test_every_name_that_is_told_as_known_has_its_properties():
    known = coolants.names()
    assert len(known) == 1 + 2 * 51
    for name in known:
        assert complaint(name) is None
        assert fluid(name).name == name
