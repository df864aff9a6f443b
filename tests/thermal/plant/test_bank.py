import jax.numpy as jnp
import numpy as np
import pytest

from thermal.plant.bank import Chillers, Coolers, chill, cool, on_duty
from thermal.plant.drycooler import dry_cooler
from thermal.plant.halving import least_count, turning_point
from thermal.plant.outdoor import outdoor_at_wet_bulb

ZERO = 273.15
FLOW = 3 * 2500 / 60e3  # of three coolers [m3/s]
MILD = outdoor_at_wet_bulb(295.15, 288.15)


def test_turning_point_is_found_in_each_element():
    found = turning_point(lambda x: x**2 >= jnp.array([2.0, 9.0]), jnp.zeros(2), jnp.full(2, 5.0))
    np.testing.assert_allclose(found, [2**0.5, 3.0], rtol=1e-12)
    never = turning_point(lambda x: x > 10.0, jnp.zeros(2), jnp.full(2, 5.0))
    np.testing.assert_allclose(never, 5.0)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_least_count_is_the_first_that_is_enough(count):
    needed = jnp.arange(0.5, count + 1.0)
    found = least_count(lambda n: n >= needed, jnp.full_like(needed, count), count)
    np.testing.assert_array_equal(found, np.minimum(np.ceil(needed), count))


def test_coolers_in_parallel_share_heat_and_flow(dry):
    state, running = cool(Coolers(dry, 3), 5e6, MILD, FLOW, 311.15, 3.0)
    one = dry_cooler(dry, 5e6 / 3, MILD.T_dry, FLOW / 3, 311.15)
    assert float(running) == 3.0
    assert float(state.power) == pytest.approx(3 * float(one.power), rel=1e-9)


def test_part_speed_in_parallel_takes_less_power_than_as_few_as_needed(dry):
    heat = jnp.array([1e6, 2e6, 3e6])
    all_of_them, _ = cool(Coolers(dry, 3), heat, MILD, FLOW, 311.15, 3.0)
    few, running = cool(Coolers(dry, 3, staging="as_needed"), heat, MILD, FLOW, 311.15, 3.0)
    assert (all_of_them.power <= few.power).all()
    assert (running < 3.0).any()
    np.testing.assert_allclose(few.shortage, 0.0)


def test_one_cooler_fewer_than_needed_does_not_hold_the_set_point(dry):
    bank, heat = Coolers(dry, 4, staging="as_needed"), 4e6
    _, running = cool(bank, heat, MILD, FLOW, 311.15, 4.0)
    fewer = float(running) - 1.0
    alone = dry_cooler(dry, heat / fewer, MILD.T_dry, FLOW / fewer, 311.15)
    assert float(alone.shortage) > 0.0


def test_spares_replace_failed_machines_until_there_are_none_left(dry):
    duty = on_duty(Coolers(dry, 4, spare=1), jnp.array([0.0, 1.0, 2.0, 4.0, 9.0]))
    assert duty.tolist() == [3.0, 3.0, 2.0, 0.0, 0.0]


def test_all_heat_is_short_without_a_machine(dry):
    state, running = cool(Coolers(dry, 2), 1e6, MILD, FLOW, 311.15, 0.0)
    assert (float(state.shortage), float(running), float(state.power)) == (1e6, 0.0, 0.0)


def test_as_few_chillers_run_as_carry_the_heat(air_cooled):
    bank = Chillers(air_cooled, 4, spare=1)
    heat = jnp.array([0.0, 1.0e6, 1.6e6, 4.4e6, 6e6])
    state, running = chill(bank, heat, 308.15, 0.2, 6.67 + ZERO, 3.0, "water")
    assert running.tolist() == [0.0, 1.0, 2.0, 3.0, 3.0]
    np.testing.assert_allclose(state.shortage, [0.0, 0.0, 0.0, 0.0, 6e6 - 3 * 1.5e6], atol=1.0)


def test_one_chiller_at_full_load_beats_two_at_low_load(air_cooled):
    few, _ = chill(Chillers(air_cooled, 3), 0.4e6, 308.15, 0.2, 6.67 + ZERO, 3.0, "water")
    parallel = Chillers(air_cooled, 3, staging="parallel")
    each, running = chill(parallel, 0.4e6, 308.15, 0.2, 6.67 + ZERO, 3.0, "water")
    assert float(running) == 3.0
    assert float(few.power) < float(each.power)
