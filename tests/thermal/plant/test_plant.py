from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thermal.exchanger import conductance_to_inlets, ua_from_rating
from thermal.plant.bank import Chillers, Coolers, cool
from thermal.plant.chiller import available, energy_input
from thermal.plant.drycooler import AdiabaticCooler
from thermal.plant.outdoor import outdoor_at_dew_point, outdoor_at_wet_bulb
from thermal.plant.plant import Failed, OutdoorLoop, Plant, capacity, operate
from thermal.plant.plate import Exchangers, conductance
from thermal.plant.tower import carries, evaporation

ZERO = 273.15
LPM = 1.0 / 60e3
C_PER_FLOW = 992.2 * 4178.5  # [J/(m3 K)]


pytestmark = pytest.mark.slow  # every plant is a program of its own, compiled once


@pytest.fixture
def hours():
    """A year's wave of dry bulb from -15 to 35 degC in 48 steps, air of 60 % of saturation."""
    T = 283.15 + 25.0 * jnp.sin(jnp.linspace(0.0, 2 * jnp.pi, 48))
    return outdoor_at_dew_point(T, T - 7.0)


def free_and_mechanical(dry, plates, air_cooled):
    """Air-cooled chillers with a dry-cooler economiser."""
    loop = OutdoorLoop(
        Coolers(dry, 3),
        V_flow=7500 * LPM,
        dp=150e3,
        efficiency=0.7,
        economiser=Exchangers(plates, 2),
    )
    return Plant(Chillers(air_cooled, 3, spare=1), 5200 * LPM, 10.0 + ZERO, "water", loop)


def wet_plant(tower, water_cooled, economiser=None):
    """Water-cooled chillers and towers, with or without a shared economiser."""
    loop = OutdoorLoop(
        Coolers(tower, 3, spare=1),
        V_flow=0.258,
        dp=150e3,
        efficiency=0.7,
        dp_static=40e3,
        T_set=22.0 + ZERO,
        economiser=economiser,
    )
    return Plant(Chillers(water_cooled, 3, spare=1), 8500 * LPM, 8.0 + ZERO, "water", loop)


def test_plate_exchanger_at_its_rating_has_its_approach(plates):
    V_flow = plates.V_flow_nominal
    K = float(conductance(Exchangers(plates, 1), V_flow, V_flow, "water", "water"))
    # Leaving water is the approach above the entering one where the rated heat passes.
    assert 2e6 / K - 2e6 / (C_PER_FLOW * V_flow) == pytest.approx(1.5, rel=1e-3)


def test_two_exchangers_at_half_the_flow_each_do_what_formulas_by_hand_say(plates):
    V_flow = plates.V_flow_nominal
    C = C_PER_FLOW * V_flow
    UA = ua_from_rating(2e6, C, C, 1.5 + 2e6 / C, 0.0) / (0.5 * 0.5**-0.8 + 0.5 * 0.5**-0.8)
    by_hand = 2 * float(conductance_to_inlets(0.5 * C, 0.5 * C, UA))
    ours = float(conductance(Exchangers(plates, 2), V_flow, V_flow, "water", "water"))
    assert ours == pytest.approx(by_hand, rel=1e-3)


def test_coolers_on_the_loop_itself_are_the_bank_alone(dry, hours):
    plant = Plant(Coolers(dry, 3), 7500 * LPM, 38.0 + ZERO)
    state = operate(plant, 5e6, hours)
    alone, _ = cool(Coolers(dry, 3), 5e6, hours, 7500 * LPM, 38.0 + ZERO, 3.0)
    np.testing.assert_allclose(state.T_supply, alone.T_leaving)
    np.testing.assert_allclose(state.power, alone.power)
    np.testing.assert_allclose(state.free, 5e6)


def test_water_behind_exchangers_is_as_far_above_the_tower_water_as_the_heat_needs(
    tower, plates, hours
):
    loop = OutdoorLoop(Coolers(tower, 2), 0.258, 150e3, 0.7)
    plant = Plant(Exchangers(plates, 3), 12000 * LPM, 30.0 + ZERO, "water", loop)
    state = operate(plant, 5e6, hours)
    C = C_PER_FLOW * 12000 * LPM
    K = float(conductance(Exchangers(plates, 3), 12000 * LPM, 0.258, "water", "water"))
    T_return = state.T_supply + 5e6 / C
    np.testing.assert_allclose(K * (T_return - state.T_outdoor), 5e6, rtol=1e-3)
    pumps = 0.258 * 150e3 / 0.7
    np.testing.assert_allclose(state.power_pumps, pumps)
    # Held where it can be, and never below the wet bulb.
    assert (state.T_supply >= 30.0 + ZERO - 1e-9).all()
    assert (state.T_outdoor > hours.T_wet).all()


def test_heat_to_the_tower_is_that_of_the_water_and_of_the_compressors(tower, water_cooled):
    plant = wet_plant(tower, water_cooled)
    outdoor = outdoor_at_wet_bulb(305.15, 296.15)
    heat = 4e6
    state = operate(plant, heat, outdoor)
    total = heat + float(state.power_chillers) + float(state.power_pumps)
    # The tower just carries that much at full speed or at the speed found: undo its evaporation.
    each, speed = total / 2, (float(state.power_coolers) / 2 / 38e3) ** (1 / 3)
    water = 2 * float(evaporation(tower, jnp.array(each), outdoor, jnp.array(speed))) * 4 / 3
    assert float(state.water) == pytest.approx(water, rel=1e-6)


def test_condenser_water_above_its_set_point_is_where_tower_and_chillers_agree(tower, water_cooled):
    plant = wet_plant(tower, water_cooled)
    outdoor = outdoor_at_wet_bulb(308.15, 296.15)
    state = operate(plant, 4e6, outdoor)
    T = float(state.T_outdoor)
    assert T > 22.0 + ZERO + 1.0
    load = 4e6 / float(state.chillers) / available(water_cooled, 8.0 + ZERO, T)
    power = 4e6 * energy_input(water_cooled, 8.0 + ZERO, T)
    power = power * water_cooled.curves.power_at(load) / load
    assert float(state.power_chillers) == pytest.approx(float(power), rel=1e-9)
    rejected = jnp.array((4e6 + float(power) + float(state.power_pumps)) / 2)
    flow = jnp.array(0.129)
    assert bool(carries(tower, rejected, outdoor, flow, jnp.array(T + 1e-6)))
    assert not bool(carries(tower, rejected, outdoor, flow, jnp.array(T - 1e-3)))


def test_cooler_condenser_water_saves_compressor_power(tower, water_cooled):
    outdoor = outdoor_at_wet_bulb(
        jnp.array([306.0, 300.0, 292.0]), jnp.array([296.0, 289.0, 281.0])
    )
    state = operate(wet_plant(tower, water_cooled), 4e6, outdoor)
    assert (jnp.diff(state.power_chillers) <= 0.0).all()
    assert float(state.power_chillers[0]) > 1.02 * float(state.power_chillers[2])


def test_colder_outdoors_takes_over_heat_until_chillers_stand_still(dry, plates, air_cooled):
    outdoor = outdoor_at_wet_bulb(
        jnp.array([300.0, 287.0, 284.0, 281.0, 270.0]),
        jnp.array([290.0, 281.0, 279.0, 277.0, 268.0]),
    )
    state = operate(free_and_mechanical(dry, plates, air_cooled), 2e6, outdoor)
    assert (jnp.diff(state.free) >= 0.0).all()
    assert float(state.free[0]) == 0.0
    assert float(state.free[-1]) == pytest.approx(2e6)
    assert 0.0 < float(state.free[2]) < 2e6
    np.testing.assert_array_equal(state.chillers == 0.0, state.free >= 2e6 * (1 - 1e-9))
    np.testing.assert_allclose(state.T_supply, 10.0 + ZERO)


def test_partial_free_cooling_is_what_the_exchangers_carry(dry, plates, air_cooled):
    plant = free_and_mechanical(dry, plates, air_cooled)
    state = operate(plant, 2e6, outdoor_at_wet_bulb(284.0, 279.0))
    K = float(conductance(Exchangers(plates, 2), 5200 * LPM, 7500 * LPM, "water", "water"))
    T_return = 10.0 + ZERO + 2e6 / (C_PER_FLOW * 5200 * LPM)
    assert float(state.free) == pytest.approx(K * (T_return - float(state.T_outdoor)), rel=5e-3)
    assert float(state.power_coolers) == pytest.approx(3 * 45e3)


def test_economiser_never_costs_power_nor_leaves_heat(
    tower, dry, plates, air_cooled, water_cooled, hours
):
    shared = Exchangers(plates, 3)
    for plant, heat in (
        (free_and_mechanical(dry, plates, air_cooled), 2.5e6),
        (wet_plant(tower, water_cooled, shared), 4e6),
    ):
        on, off = (operate(plant, heat, hours, economised=use) for use in (True, False))
        assert (on.power <= off.power + 1e-6).all()
        assert (on.shortage <= off.shortage + 1.0).all()
        assert float(on.power.sum()) < 0.9 * float(off.power.sum())
        np.testing.assert_allclose(off.free, 0.0)


def test_energy_that_comes_in_goes_out_in_every_mode(tower, plates, water_cooled, hours):
    plant = wet_plant(tower, water_cooled, Exchangers(plates, 3))
    state = operate(plant, 4e6, hours)
    mechanical = np.asarray(4e6 - state.free - state.shortage)
    assert (np.asarray(state.chillers)[mechanical > 1.0] > 0).all()
    assert (np.asarray(state.power_chillers)[mechanical <= 1.0] == 0).all()
    # Evaporation takes most of what the towers are given.
    rejected = 4e6 + state.power_chillers + state.power_pumps
    latent = state.water * 3 / 4 * 2.45e6
    warm = np.asarray(hours.T_dry) > 283.0
    assert (np.asarray(latent / rejected)[warm] > 0.6).all()
    assert (np.asarray(latent / rejected)[warm] < 1.15).all()


def test_adiabatic_coolers_hold_what_dry_ones_cannot(dry, hours):
    wet = AdiabaticCooler(dry, effectiveness=0.8, cycles=3.0)
    states = [
        operate(Plant(Coolers(machine, 3), 7500 * LPM, 34.0 + ZERO), 5e6, hours)
        for machine in (dry, wet)
    ]
    assert float(states[1].shortage.sum()) < float(states[0].shortage.sum())
    assert ((states[1].water > 0.0) == (states[0].shortage > 0.0)).all()


def test_failed_machines_are_numbers_and_spares_make_up_for_them(dry, plates, air_cooled, hours):
    plant = free_and_mechanical(dry, plates, air_cooled)
    hot = outdoor_at_wet_bulb(jnp.full(4, 308.15), jnp.full(4, 295.15))
    failed = Failed(jnp.array([0.0, 1.0, 2.0, 3.0]), jnp.zeros(4))
    state = operate(plant, 2.5e6, hot, failed)
    assert state.chillers.tolist() == [2.0, 2.0, 1.0, 0.0]
    np.testing.assert_allclose(state.shortage[:2], 0.0)
    assert float(state.shortage[2]) > 0.0
    assert float(state.shortage[3]) == pytest.approx(2.5e6)


def test_without_a_machine_all_heat_is_short_and_the_state_stays_finite(
    tower, dry, plates, air_cooled, water_cooled
):
    outdoor = outdoor_at_wet_bulb(306.15, 294.15)
    behind = OutdoorLoop(Coolers(tower, 2), 0.258, 150e3, 0.7)
    exchangers = Plant(Exchangers(plates, 3), 12000 * LPM, 30.0 + ZERO, "water", behind)
    wet, economised = (wet_plant(tower, water_cooled, e) for e in (None, Exchangers(plates, 3)))
    for plant, main, coolers in (
        (Plant(Coolers(dry, 3), 7500 * LPM, 39.0 + ZERO), 3.0, 0.0),
        (exchangers, 3.0, 0.0),
        (exchangers, 0.0, 2.0),
        (Plant(Chillers(air_cooled, 2), 5200 * LPM, 10.0 + ZERO), 2.0, 0.0),
        (wet, 3.0, 0.0),
        (wet, 0.0, 3.0),
        (economised, 0.0, 3.0),
    ):
        failed = Failed(jnp.asarray(main), jnp.asarray(coolers))
        state = operate(plant, 1e6, outdoor, failed)
        assert float(state.shortage) == pytest.approx(1e6)
        assert float(state.T_supply) == plant.T_set
        assert float(state.power_chillers) == 0.0
        assert all(np.isfinite(np.asarray(leaf, float)).all() for leaf in jax.tree.leaves(state))
        assert float(capacity(plant, outdoor, failed)) < 1.0
        assert float(operate(plant, 1e6, outdoor).shortage) == 0.0


def test_flow_through_condensers_follows_the_load_where_it_may(tower, water_cooled):
    plant = wet_plant(tower, water_cooled)
    variable = replace(plant, outdoor=replace(plant.outdoor, flow_least=0.5))
    outdoor = outdoor_at_wet_bulb(300.0, 290.0)
    full = operate(plant, 2.2e6, outdoor).power_pumps
    less = operate(variable, 2.2e6, outdoor).power_pumps
    share = 2.2e6 / (2 * 2275.2e3)
    share = max(share, 0.5)
    by_hand = 0.258 * share * (40e3 + 110e3 * share**2) / 0.7
    assert float(less) == pytest.approx(by_hand)
    assert float(full) == pytest.approx(0.258 * 150e3 / 0.7)


def test_capacity_is_the_heat_at_which_the_set_point_is_just_held(
    tower, dry, plates, air_cooled, water_cooled
):
    outdoor = outdoor_at_wet_bulb(306.15, 294.15)
    loop = OutdoorLoop(Coolers(tower, 2), 0.258, 150e3, 0.7)
    for plant in (
        Plant(Coolers(dry, 3), 7500 * LPM, 39.0 + ZERO),
        Plant(Exchangers(plates, 3), 12000 * LPM, 30.0 + ZERO, "water", loop),
        free_and_mechanical(dry, plates, air_cooled),
        wet_plant(tower, water_cooled),
    ):
        most = float(capacity(plant, outdoor))
        assert float(operate(plant, 0.999 * most, outdoor).shortage) == pytest.approx(0.0, abs=1.0)
        assert float(operate(plant, 1.01 * most, outdoor).shortage) > 0.001 * most


def test_dry_coolers_carry_in_proportion_to_the_set_point_above_the_air(dry):
    plant = Plant(Coolers(dry, 3), 7500 * LPM, 39.0 + ZERO)
    most = float(capacity(plant, outdoor_at_wet_bulb(36.0 + ZERO, 20.0 + ZERO)))
    assert most == pytest.approx(3 * 2e6 * 3.0 / 6.0, rel=1e-4)


def test_plant_without_heat_stands_still(tower, plates, water_cooled, hours):
    state = operate(wet_plant(tower, water_cooled, Exchangers(plates, 3)), 0.0, hours)
    assert all(np.isfinite(np.asarray(leaf, float)).all() for leaf in jax.tree.leaves(state))
    np.testing.assert_allclose(state.power, 0.0)
    np.testing.assert_allclose(state.water, 0.0)


def test_hours_do_not_know_of_each_other(tower, plates, water_cooled, hours):
    plant = wet_plant(tower, water_cooled, Exchangers(plates, 3))
    together = operate(plant, 4e6, hours)
    one = operate(plant, 4e6, jax.tree.map(lambda part: part[17], hours))
    for a, b in zip(jax.tree.leaves(together), jax.tree.leaves(one), strict=True):
        np.testing.assert_allclose(a[17], b, rtol=1e-9)


def test_plant_keeps_the_precision_of_its_air(tower, plates, water_cooled, hours):
    plant = wet_plant(tower, water_cooled, Exchangers(plates, 3))
    coarse_air = jax.tree.map(lambda part: part.astype(jnp.float32), hours)
    coarse, fine = operate(plant, 4e6, coarse_air), operate(plant, 4e6, hours)
    assert coarse.T_supply.dtype == jnp.float32
    total = float(fine.power.sum())
    assert float(coarse.power.sum()) == pytest.approx(total, rel=2e-3)
    np.testing.assert_allclose(coarse.T_outdoor, fine.T_outdoor, atol=0.02)
