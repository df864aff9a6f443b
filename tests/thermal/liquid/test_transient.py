import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from thermal.liquid import cells, transient
from thermal.liquid.circuits import switched
from thermal.liquid.plates import chip_power, plates_of, resistance
from thermal.liquid.solve import solve

LPM = 1.0 / 60e3  # [m3/s]
RACKS = 4
TABLE = ((1.6 * LPM, 0.008), (3.2 * LPM, 0.0065), (7.2 * LPM, 0.005))
CHIP, HEAT = 2300.0, 223e3  # [W]
C_SOLID = 60e3  # [J/K]
VOLUME = 33.6e-3  # of a rack [m3]


@pytest.fixture(scope="module")
def plant(pod):
    """Model, scenario and places of the pod, what its links hold, and a pace of its pumps."""
    model, scenario, places = pod
    links = np.array([places.link["tcs", f"A{n:02}"] for n in range(RACKS)])
    density = float(scenario.hydraulic[0].density[0])
    masses, counts = np.zeros(len(places.link)), np.ones(len(places.link), int)
    masses[links], counts[links] = density * VOLUME, 4
    for unit in ("CDU 0", "CDU 1"):
        masses[places.link["tcs", unit]] = density * 0.1
    masses[places.link["fws", "rejection"]] = 800.0
    ones = np.ones(RACKS)
    inventory = transient.Inventory(
        cells.build(model.heat.m_scale, masses, counts.tolist()),
        plates_of(links, 72 * ones, 0.75 * ones, RACKS * [TABLE]),
        jnp.asarray(C_SOLID * ones),
        jnp.asarray(CHIP / HEAT * ones),
        jnp.zeros(RACKS),
        jnp.full(RACKS, 320.0),
    )
    return model, scenario, places, inventory, pace(scenario)


def pace(scenario, coast=0.0, start=0.0):
    states = scenario.hydraulic
    return transient.Pace(
        tuple(jnp.full_like(s.running, coast) for s in states),
        tuple(jnp.full_like(s.running, start) for s in states),
        tuple(jnp.zeros_like(s.speed) for s in states),
        tuple(jnp.zeros_like(s.position) for s in states),
    )


def march(plant, asked, until, dt=0.5, own=None):
    """Moments and faces at every step from the normal state on."""
    model, normal, _, inventory, usual = plant
    now = transient.begin(solve(model, normal), model, normal, inventory)
    found = [(0.0, now, transient.seen(now, inventory, model, normal))]
    now, _ = transient.step(now, jnp.asarray(0.0), asked, own or usual, inventory, model)
    for k in range(round(until / dt)):
        now, face = transient.step(now, jnp.asarray(dt), asked, own or usual, inventory, model)
        found.append(((k + 1) * dt, now, face))
    return found


def stopped(plant):
    _, normal, places, *_ = plant
    units = {("tcs", f"CDU {u} pump {n}"): 0.0 for u in (0, 1) for n in (1, 2)}
    return switched(normal, places, running=units)


def racks(values, plant):
    _, _, places, *_ = plant
    return np.asarray(values)[[places.link["tcs", f"A{n:02}"] for n in range(RACKS)]]


def stored(now, plant, circuit):
    """Heat that the liquid of a circuit and its plates hold [J]."""
    model, _, places, inventory, _ = plant
    link = np.asarray(inventory.cells.link)
    here = np.asarray(model.heat.circuit)[link] == places.circuit[circuit]
    cp = np.asarray(now.cp)[np.asarray(model.heat.circuit)[link]]
    liquid = (np.asarray(inventory.cells.mass) * cp * np.asarray(now.heat.liquid))[here].sum()
    solid = np.zeros(len(places.link))
    solid[np.asarray(inventory.plates.link)] = np.asarray(inventory.C)
    share = np.asarray(inventory.cells.share)[link]
    return liquid + (share * solid[link] * np.asarray(now.heat.solid))[here].sum()


def test_a_steady_state_stays_as_it_is(plant):
    _, normal, *_ = plant
    _, _, first = march(plant, normal, 0.0)[0]
    _, _, last = march(plant, normal, 60.0, dt=5.0)[-1]
    np.testing.assert_allclose(last.T_out, first.T_out, atol=1e-5)
    np.testing.assert_allclose(last.T_chip, first.T_chip, atol=1e-5)


def test_a_steady_chip_is_above_the_inlet_by_its_resistance(plant):
    _, normal, *_ = plant
    _, now, face = march(plant, normal, 0.0)[0]
    density = float(normal.hydraulic[0].density[0])
    V_flow = racks(now.m_flow, plant) / density
    R = np.interp(0.75 * V_flow / 72, *np.array(TABLE).T)
    np.testing.assert_allclose(face.T_chip, racks(face.T_in, plant) + R * CHIP, rtol=1e-6)


def test_stagnant_racks_warm_up_as_two_heat_capacities_do(plant):
    # C_l dT_l/dt = G (T_s - T_l), C_s dT_s/dt = P - G (T_s - T_l): a line and one exponential.
    _, normal, *_ = plant
    found = march(plant, stopped(plant), 30.0)
    _, now, start = found[0]
    density, cp = float(normal.hydraulic[0].density[0]), float(now.cp[0])
    C = density * VOLUME * cp
    total = C + C_SOLID
    rise = TABLE[0][1] * CHIP - HEAT * (0.5 + 0.5 / 4) / (72 / 0.75 * TABLE[0][0] * density * cp)
    G = HEAT / rise
    before = np.asarray(start.T_chip) - _mean(found[0][1], plant)
    after = HEAT * C / total / G
    for t, moment, face in found[4::8]:
        apart = after + (before - after) * np.exp(-t * G * total / (C * C_SOLID))
        warmer = HEAT * t / total - C_SOLID / total * (apart - before)
        np.testing.assert_allclose(
            racks(face.T_hottest, plant) - racks(start.T_hottest, plant), warmer, rtol=5e-3
        )
        np.testing.assert_allclose(face.T_chip - _mean(moment, plant), apart, rtol=2e-2)


def _mean(now, plant):
    """Mean temperature of the liquid in each rack [K]."""
    model, _, places, inventory, _ = plant
    link = np.asarray(inventory.cells.link)
    T = np.asarray(now.heat.liquid) + float(model.T_ref)
    return np.array([T[link == places.link["tcs", f"A{n:02}"]].mean() for n in range(RACKS)])


def leaking(plant, share):
    """The plant with chips that draw `share` more for each kelvin above 320 K, and its steady
    state."""
    model, normal, places, inventory, usual = plant
    own = eqx.tree_at(lambda i: i.leakage, inventory, jnp.full(RACKS, share))
    links = own.plates.link
    more, T_in = 0.0, solve(model, normal).T_in[links]
    for _ in range(8):
        with_it = dataclasses.replace(normal, heat=normal.heat.at[links].add(more))
        steady = solve(model, with_it)
        V_flow = steady.m_flow[links] / normal.hydraulic[0].density[links]
        capacity = normal.hydraulic[0].density[links] * steady.cp[0]
        R, T_in = resistance(V_flow, capacity, own.plates), steady.T_in[links]
        chip = chip_power(jnp.full(RACKS, CHIP), own.leakage, own.T_leakage, T_in, R)
        more = 72 * (chip - CHIP)
    T_chip = np.asarray(T_in + R * chip)
    return (model, normal, places, own, usual), steady, T_chip


def test_a_steady_state_with_leakage_stays_as_it_is(plant):
    own, steady, T_chip = leaking(plant, 0.01)
    model, normal, _, inventory, usual = own
    now = transient.begin(steady, model, normal, inventory)
    np.testing.assert_allclose(now.T_chip, T_chip, atol=1e-3)
    assert (np.asarray(now.T_chip) > 332.0).all()  # 331 K without leakage
    for _ in range(12):
        now, face = transient.step(now, jnp.asarray(5.0), normal, usual, inventory, model)
    np.testing.assert_allclose(face.T_chip, T_chip, atol=1e-2)
    np.testing.assert_allclose(racks(face.T_out, plant), racks(steady.T_out, plant), atol=1e-2)


@pytest.mark.parametrize("stores", [True, False])
def test_stagnant_racks_that_leak_warm_up_ever_faster(plant, stores):
    # C_l dT_l/dt = G (T_s - T_l), C_s dT_s/dt = h (1 + n a (T_s - T_0)) - G (T_s - T_l), exactly by
    # the exponential of its matrix; plates that store nothing: one equation, T_s = T_l + heat / G.
    share = 0.01
    own, steady, _ = leaking(plant, share)
    model, normal, places, inventory, usual = own
    if not stores:
        inventory = eqx.tree_at(lambda i: i.C, inventory, jnp.zeros(RACKS))
        own = model, normal, places, inventory, usual
    now = transient.begin(steady, model, normal, inventory)
    asked = stopped(plant)
    now, _ = transient.step(now, jnp.asarray(0.0), asked, usual, inventory, model)
    start = np.array([_mean(now, own)[0], float(now.T_chip[0])])
    density, cp = float(normal.hydraulic[0].density[0]), float(now.cp[0])
    C_l, n = density * VOLUME * cp, 72 * CHIP / HEAT
    through = 72 / 0.75 * TABLE[0][0] * density * cp

    def conductance(T_chip):
        """Of a chip by its own power, and the liquid by all heat of the rack."""
        heat = HEAT * (1.0 + n * share * (T_chip - 320.0))
        chip = CHIP * (1.0 + share * (T_chip - 320.0))
        return heat / (TABLE[0][1] * chip - heat * (0.5 + 0.5 / 4) / through)

    for _ in range(40):
        now, _ = transient.step(now, jnp.asarray(0.25), asked, usual, inventory, model)
    G, leak = conductance(0.5 * (start[1] + float(now.T_chip[0]))), HEAT * n * share
    known = HEAT * (1.0 - n * share * 320.0)
    if stores:
        A = np.array([[-G / C_l, G / C_l], [G / C_SOLID, (leak - G) / C_SOLID]])
        b = np.array([0.0, known / C_SOLID])
    else:
        A = np.array([[leak * G / (G - leak) / C_l]])
        b = np.array([known * G / (G - leak) / C_l])
    begin = start[: len(b)]
    end = expm(10.0 * A) @ (begin + np.linalg.solve(A, b)) - np.linalg.solve(A, b)
    warmer = _mean(now, own)[0] - start[0]
    assert warmer == pytest.approx(end[0] - start[0], rel=0.01)
    without = HEAT * 10.0 / (C_l + (C_SOLID if stores else 0.0))
    assert abs(warmer / without - 1.0) > 0.05  # leakage counts


def test_stagnant_rack_of_the_worked_example(plant):
    # 200 kW on 35 L of coolant and 25 kJ/K: 1.2066 K/s, 20 K in 16.575 s.
    model, normal, places, inventory, usual = plant
    links = np.asarray(inventory.plates.link)
    now = transient.begin(solve(model, normal), model, normal, inventory)
    mass = np.asarray(inventory.cells.mass).copy()
    mass[np.isin(np.asarray(inventory.cells.link), links)] = 140752.421 / float(now.cp[0]) / 4
    small = eqx.tree_at(
        lambda i: (i.cells.mass, i.C), inventory, (jnp.asarray(mass), jnp.full(RACKS, 25e3))
    )
    asked = stopped(plant)
    asked = dataclasses.replace(asked, heat=asked.heat.at[links].set(200e3))
    changed = model, normal, places, small, usual
    now, _ = transient.step(now, jnp.asarray(0.0), asked, usual, small, model)
    before = stored(now, changed, "tcs")
    for _ in range(20):
        now, _ = transient.step(now, jnp.asarray(16.5752421 / 20), asked, usual, small, model)
    warmer = (stored(now, changed, "tcs") - before) / RACKS / 165.752421e3
    assert warmer == pytest.approx(20.0, rel=1e-6)


def test_without_rejection_all_liquid_takes_up_the_heat(plant):
    _, normal, *_ = plant
    asked = dataclasses.replace(normal, T_rejected=jnp.full(1, jnp.inf))
    found = march(plant, asked, 60.0)
    (t0, first, _), (t1, last, face) = found[20], found[-1]
    gained = sum(stored(last, plant, c) - stored(first, plant, c) for c in ("tcs", "fws"))
    pumps = float(last.pump_heat.sum())
    assert gained == pytest.approx((RACKS * HEAT + pumps) * (t1 - t0), rel=1e-6)
    assert racks(face.T_in, plant).min() > 316.15 + 1.0  # it lost its set point


def test_a_pump_coasts_down_and_its_flow_ends_later(plant):
    _, normal, places, *_ = plant
    asked = stopped(plant)
    slow = march(plant, asked, 6.0, dt=0.1, own=pace(normal, coast=2.0))
    group = places.group["tcs", "tcs"][1]
    s0 = float(slow[0][1].speed[0][group])
    for t, now, _ in slow[1::10]:
        at = float(now.running[0][0] * now.speed[0][group])
        assert at == pytest.approx(s0 / (1.0 + t / 2.0), rel=1e-6)
    now_slow, now_fast = slow[-1][1], march(plant, asked, 6.0)[-1][1]
    assert stored(now_slow, plant, "tcs") < stored(now_fast, plant, "tcs") - 100e3
    assert racks(now_slow.m_flow, plant).min() > 0.1
    assert abs(racks(now_fast.m_flow, plant)).max() < 1e-3


def test_a_standby_pump_starts_on_its_ramp(plant):
    _, normal, places, *_ = plant
    failed = {("tcs", "CDU 0 pump 1"): 0.0}
    lost = switched(normal, places, running=failed | {("tcs", "CDU 1 pump 1"): 0.0})
    model, _, _, inventory, _ = plant
    own = pace(normal, start=4.0)
    now = march(plant, lost, 5.0, own=own)[-1][1]
    over = switched(lost, places, running={("tcs", "CDU 0 pump 2"): 1.0})
    pump = places.pump["tcs", "CDU 0 pump 2"][1]
    shares = []
    now, _ = transient.step(now, jnp.asarray(0.0), over, own, inventory, model)
    for _ in range(10):
        now, face = transient.step(now, jnp.asarray(0.5), over, own, inventory, model)
        shares.append(float(now.running[0][pump]))
    np.testing.assert_allclose(shares[:8], np.arange(1, 9) / 8.0, atol=1e-9)
    assert bool(face.converged)
    assert racks(now.m_flow, plant).min() > 4.0


def test_moments_run_as_a_batch(plant):
    model, normal, _, inventory, usual = plant
    now = transient.begin(solve(model, normal), model, normal, inventory)
    asked = jax.tree.map(lambda a, b: jnp.stack([a, b]), normal, stopped(plant))
    both = jax.tree.map(lambda a: jnp.stack([a, a]), now)
    many = eqx.filter_vmap(transient.step, in_axes=(0, None, 0, None, None, None))
    new, face = many(both, jnp.asarray(0.5), asked, usual, inventory, model)
    one, _ = transient.step(now, jnp.asarray(0.5), stopped(plant), usual, inventory, model)
    np.testing.assert_allclose(new.heat.liquid[1], one.heat.liquid, atol=1e-9)
    assert bool(face.converged.all())


def test_resistance_grows_below_its_table_by_what_the_liquid_warms_up(plant):
    *_, inventory, _ = plant
    V = np.full(RACKS, 72 / 0.75 * TABLE[0][0])
    at, half = (
        np.asarray(resistance(jnp.asarray(v), jnp.full(RACKS, 4e6), inventory.plates))
        for v in (V, V / 2)
    )
    np.testing.assert_allclose(at, TABLE[0][1])
    np.testing.assert_allclose(half - at, 0.5 / (4e6 * TABLE[0][0]))
    assert np.isinf(resistance(jnp.zeros(RACKS), jnp.full(RACKS, 4e6), inventory.plates)).all()


def test_leakage_raises_a_chip_until_it_runs_away():
    def at(leakage):
        numbers = 1000.0, leakage, 330.0, 320.0, 0.02
        return float(chip_power(*(jnp.full(1, number) for number in numbers))[0])

    power = at(0.01)
    assert power == pytest.approx(1000.0 * (1.0 + 0.01 * (320.0 + 0.02 * power - 330.0)))
    assert at(0.0) == 1000.0
    assert np.isinf(at(0.06))  # 1000 W x 0.06 /K x 0.02 K/W: more than one
