"""Heat, moisture and condensate of a cooling coil that may be colder than the dew point."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import psychrolib
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from thermal.equipment.wet_coil import Inlets, coil_wet_throughout, wet_coil
from thermal.exchanger import conductance_to_inlets
from thermal.properties import fluid

psychrolib.SetUnitSystem(psychrolib.SI)

P = 101325.0  # [Pa]
CP_DRY, CP_VAPOUR = 1006.0, 1860.0  # [J/(kg K)]
UA_AIR, UA_WATER = 7913.0, 11870.0  # [W/K]
T_AIR, T_WATER = 299.8167, 278.7056  # [K]
M_AIR, C_WATER = 2.6, 3.78 * 4186.0  # [kg/s], [W/K]


def at(w, **changes):
    """The coil of Mitchell and Braun (2012), example SM-2-1, in air of humidity ratio w."""
    usual = {"T_air": T_AIR, "m_air": M_AIR, "T_water": T_WATER, "C_water": C_WATER}
    return Inlets(w_air=w, **(usual | changes))


def integrated(inlets):
    """Heat [W], air temperature [K] and humidity ratio behind the coil, and its dry fraction.

    Films and Lewis number 1 at every point of the surface, properties of moist air by psychrolib.
    """
    cp = CP_DRY + CP_VAPOUR * inlets.w_air

    def enthalpy(T, w):
        return psychrolib.GetMoistAirEnthalpy(T - 273.15, w)

    def saturated(T):
        return psychrolib.GetSatHumRatio(T - 273.15, P)

    def surface(T, w, T_water):
        dry = (UA_AIR * T + UA_WATER * T_water) / (UA_AIR + UA_WATER)
        if saturated(dry) >= w:
            return dry, w

        def excess(T_surface):
            driven = enthalpy(T, w) - enthalpy(T_surface, saturated(T_surface))
            return UA_AIR / cp * driven - UA_WATER * (T_surface - T_water)

        wet = brentq(excess, T_water, T, xtol=1e-6)
        return wet, saturated(wet)

    def change(_, state):
        T, w, T_water = state
        T_surface, w_surface = surface(T, w, T_water)
        return [
            -UA_AIR * (T - T_surface) / (inlets.m_air * cp),
            -UA_AIR / cp * (w - w_surface) / inlets.m_air,
            -UA_WATER * (T_surface - T_water) / inlets.C_water,
        ]

    def along(T_water_out):
        start = [inlets.T_air, inlets.w_air, T_water_out]
        return solve_ivp(change, (0.0, 1.0), start, rtol=1e-7, atol=1e-9, max_step=0.05)

    def missing(T_water_out):
        return along(T_water_out).y[2, -1] - inlets.T_water

    T_water_out = brentq(missing, inlets.T_water, inlets.T_air - 1e-3, xtol=1e-5)
    way = along(T_water_out)
    wet = [surface(*state)[1] < state[1] for state in way.y.T]
    dry_fraction = way.t[wet.index(True)] if any(wet) else 1.0
    heat = inlets.C_water * (T_water_out - inlets.T_water)
    return heat, way.y[0, -1], way.y[1, -1], dry_fraction


@pytest.mark.parametrize(
    ("inlets", "share"),
    [
        (at(0.0050), 1e-4),  # dry
        (at(0.0075), 0.01),  # half of it dry
        (at(0.0110), 0.025),  # wet but for its first rows
        (at(0.0176), 0.035),  # wet; water from 6 to 11 degC
        (at(0.0118, T_air=291.0, T_water=287.0), 0.01),  # half dry; water warms by 1 K
        (at(0.0125, T_air=291.0, T_water=287.0), 0.01),  # wet; water warms by 1 K
    ],
    ids=["dry", "half dry", "first rows dry", "wet", "half dry, narrow", "wet, narrow"],
)
def test_coil_agrees_with_an_integration_along_its_length(inlets, share):
    heat, T_air, w_air, dry_fraction = integrated(inlets)
    ours = wet_coil(inlets, UA_AIR, UA_WATER)
    assert float(ours.heat) == pytest.approx(heat, rel=share)
    assert float(ours.T_air) == pytest.approx(T_air, abs=share * (inlets.T_air - T_air))
    assert float(ours.w_air) == pytest.approx(w_air, rel=share)
    assert float(ours.dry_fraction) == pytest.approx(dry_fraction, abs=0.05)


def test_reference_of_the_partly_wet_coil_is_this_integration():
    root = Path(__file__).parents[3] / "validation/liquid/coil_wet"
    table = np.genfromtxt(
        root / "reference_integrated.csv", delimiter=",", names=True, skip_header=2
    )
    for row in table:
        w = row["w_in"]
        C_water = 3.78 * float(fluid("water").heat_capacity(jnp.asarray(T_WATER)))
        inlets = at(w, m_air=2.646 / (1.0 + w), C_water=C_water)
        heat, T_air, _, dry_fraction = integrated(inlets)
        assert row["Q_W"] == pytest.approx(heat, rel=1e-4)
        assert row["T_air_out_C"] == pytest.approx(T_air - 273.15, abs=1e-3)
        assert row["dry_fraction"] == pytest.approx(dry_fraction, abs=1e-3)


def test_textbook_coil_condenses_as_published():
    # Mitchell and Braun (2012), SM-2-1, as given in Modelica Buildings: 80 degF, 0.0173 kg of water
    # per kg of moist air; water leaves at 11.0678 degC, air at 13.5805 degC.
    ours = wet_coil(at(0.0173 / (1.0 - 0.0173)), UA_AIR, UA_WATER)
    assert float(ours.T_water) - 273.15 == pytest.approx(11.0678, abs=0.05)
    assert float(ours.T_air) - 273.15 == pytest.approx(13.5805, abs=0.05)
    assert float(ours.dry_fraction) == 0.0


def test_dry_coil_follows_the_closed_form():
    ours = wet_coil(at(0.004), UA_AIR, UA_WATER)
    C_air = M_AIR * (CP_DRY + 0.004 * CP_VAPOUR)
    UA = UA_AIR * UA_WATER / (UA_AIR + UA_WATER)
    fading = np.exp(-UA / C_air * (1.0 - C_air / C_WATER))
    heat = C_air * (T_AIR - T_WATER) * (1.0 - fading) / (1.0 - C_air / C_WATER * fading)
    assert float(ours.heat) == pytest.approx(heat, rel=1e-9)
    assert float(ours.sensible) == pytest.approx(heat, rel=1e-9)
    assert float(ours.condensate) == 0.0
    assert float(ours.dry_fraction) == 1.0


def test_what_the_air_loses_is_what_the_water_gains_and_what_drains_away():
    w = np.linspace(0.002, 0.021, 60)
    ours = wet_coil(at(jnp.asarray(w)), UA_AIR, UA_WATER)
    np.testing.assert_allclose(ours.heat, C_WATER * (ours.T_water - T_WATER), rtol=1e-9)
    np.testing.assert_allclose(ours.condensate, M_AIR * (w - ours.w_air), rtol=1e-9)
    for n, w_in in enumerate(w):
        before = psychrolib.GetMoistAirEnthalpy(T_AIR - 273.15, w_in)
        behind = psychrolib.GetMoistAirEnthalpy(float(ours.T_air[n]) - 273.15, float(ours.w_air[n]))
        assert float(ours.heat[n]) == pytest.approx(M_AIR * (before - behind), rel=1e-6)


def test_more_moisture_wets_more_of_the_coil_and_takes_more_heat_but_less_of_it_sensible():
    ours = wet_coil(at(jnp.linspace(0.002, 0.021, 60)), UA_AIR, UA_WATER)
    assert (jnp.diff(ours.dry_fraction) <= 0.0).all()
    assert float(ours.dry_fraction[0]) == 1.0
    assert float(ours.dry_fraction[-1]) == 0.0
    assert (jnp.diff(ours.heat) > 0.0).all()
    assert (jnp.diff(ours.condensate) >= 0.0).all()
    wet = ours.dry_fraction < 1.0
    assert (jnp.diff(ours.sensible)[wet[1:]] < 0.0).all()


def test_condensation_begins_where_the_coldest_surface_meets_the_dew_point():
    # The coldest surface of a dry coil is at the outlet of the air.
    dry = wet_coil(at(0.002), UA_AIR, UA_WATER)
    coldest = (UA_AIR * float(dry.T_air) + UA_WATER * T_WATER) / (UA_AIR + UA_WATER)
    saturated = psychrolib.GetSatHumRatio(coldest - 273.15, P)
    assert float(wet_coil(at(0.99 * saturated), UA_AIR, UA_WATER).condensate) == 0.0
    assert float(wet_coil(at(1.01 * saturated), UA_AIR, UA_WATER).condensate) > 0.0


@pytest.mark.parametrize("precision", [jnp.float32, jnp.float64])
def test_no_coil_crosses_temperatures_dries_out_or_gives_less_heat_than_a_dry_one(precision):
    # Sizes over six decades, far beyond any coil: a valve may be all but shut.
    random = np.random.default_rng(0)
    T_water = random.uniform(274.0, 300.0, 4000)
    T_air = T_water + random.uniform(0.1, 30.0, 4000)
    w = [
        psychrolib.GetHumRatioFromRelHum(T - 273.15, relative, P)
        for T, relative in zip(T_air, random.uniform(0.02, 1.0, 4000), strict=True)
    ]
    sizes = [10.0 ** random.uniform(*span, 4000) for span in ((-2, 2), (1, 6), (2, 6), (2, 6))]
    m_air, C_water, UA_air, UA_water = (jnp.asarray(size, precision) for size in sizes)
    T_air, w, T_water = (jnp.asarray(value, precision) for value in (T_air, w, T_water))
    ours = wet_coil(Inlets(T_air, w, m_air, T_water, C_water), UA_air, UA_water, P)
    slack = 0.01 if precision == jnp.float32 else 1e-6  # [K]
    assert (ours.T_air >= T_water - slack).all()
    assert (ours.T_air <= T_air + slack).all()
    assert (ours.T_water <= T_air + slack).all()
    assert (ours.w_air <= w * (1.0 + slack / 100.0)).all()
    UA = UA_air * UA_water / (UA_air + UA_water)
    C_air = m_air * (CP_DRY + CP_VAPOUR * w)
    dry = conductance_to_inlets(C_air, C_water, UA) * (T_air - T_water)
    assert (ours.heat >= dry * (1.0 - 1e-4)).all()
    partly = (ours.dry_fraction > 0.0) & (ours.dry_fraction < 1.0)
    assert 500 < partly.sum() < 2000


@pytest.mark.parametrize("p", [P, 84556.0])
def test_dew_point_decides_at_every_altitude_whether_water_condenses(p):
    w = psychrolib.GetHumRatioFromTDewPoint(15.0, p)
    dry, wet = (wet_coil(at(w, T_water=T), UA_AIR, UA_WATER, p) for T in (288.25, 285.15))
    assert float(dry.condensate) == 0.0
    assert float(wet.condensate) > 1e-4


@pytest.mark.parametrize("changes", [{"m_air": 0.0}, {"C_water": 0.0}, {"T_water": 305.0}])
def test_no_air_no_water_or_warm_water_change_nothing(changes):
    inlets = at(0.012, **changes)
    ours = wet_coil(inlets, UA_AIR, UA_WATER)
    assert float(ours.heat) == float(ours.sensible) == float(ours.condensate) == 0.0
    assert float(ours.T_air) == inlets.T_air
    assert float(ours.w_air) == inlets.w_air
    assert float(ours.T_water) == inlets.T_water
    slopes = jax.grad(lambda inlets: wet_coil(inlets, UA_AIR, UA_WATER).heat)(
        jax.tree.map(jnp.asarray, inlets)
    )
    assert np.isfinite(jax.tree.leaves(slopes)).all()


@pytest.mark.parametrize("w", [0.004, 0.0078, 0.016])
@pytest.mark.parametrize("quantity", ["heat", "T_air", "condensate"])
def test_derivatives_are_those_of_neighbouring_states(w, quantity):
    def value(T_water):
        return getattr(wet_coil(at(w, T_water=T_water), UA_AIR, UA_WATER), quantity)

    quotient = (float(value(T_WATER + 0.01)) - float(value(T_WATER - 0.01))) / 0.02
    assert float(jax.grad(value)(T_WATER)) == pytest.approx(quotient, rel=1e-5, abs=1e-12)


def test_single_precision_resolves_the_coil():
    w = jnp.linspace(0.004, 0.018, 60)
    double = wet_coil(at(w), UA_AIR, UA_WATER)
    arguments = (at(w), UA_AIR, UA_WATER, P)
    single = wet_coil(*jax.tree.map(lambda value: jnp.asarray(value, jnp.float32), arguments))
    assert single.heat.dtype == jnp.float32
    np.testing.assert_allclose(single.heat, double.heat, rtol=3e-5)
    np.testing.assert_allclose(single.T_air, double.T_air, atol=1e-3)
    np.testing.assert_allclose(single.w_air, double.w_air, atol=1e-6)


def test_coil_wet_throughout_is_the_coil_of_moist_air_and_evaporates_into_dry_air():
    moist, dry = at(0.0176), at(0.004)
    as_it_is = wet_coil(moist, UA_AIR, UA_WATER)
    throughout = coil_wet_throughout(moist, UA_AIR, UA_WATER)
    assert float(throughout.heat) == pytest.approx(float(as_it_is.heat), rel=1e-9)
    evaporating = coil_wet_throughout(dry, UA_AIR, UA_WATER)
    assert float(evaporating.dry_fraction) == 0.0
    assert float(evaporating.condensate) < 0.0
    assert float(evaporating.heat) < 0.9 * float(wet_coil(dry, UA_AIR, UA_WATER).heat)
    assert float(evaporating.T_air) < float(wet_coil(dry, UA_AIR, UA_WATER).T_air)
