"""Ramps of fans: by the affinity laws, between curves and standstill."""

import numpy as np
import pytest

from geometry.errors import InputError
from rehall.models import air_levels
from rehall.operation import Exchange, air_inputs
from rehall.timeline import changes_of, stretches

HALL = """\
include: chilled_water.yaml
site: {outdoor: {dry_bulb: 20 degC, wet_bulb: 14 degC}}
hall:
  size: [6 m, 2.4 m, 2.4 m]
  openings:
    - {name: in, wall: -x, from: [0 m, 0 m], to: [2.4 m, 2.4 m], kind: outdoor}
    - {name: F, of: FAN, wall: +x, from: [0 m, 0 m], to: [1.2 m, 1.2 m]}
catalogue:
  FAN: {kind: exhaust_fan, name: fan, size: [1.2 m, 1.2 m], flow: 2 m3/s, power: 1 kW,
        curve: [[0 m3/s, 100 Pa], [2 m3/s, 64 Pa], [3.333333 m3/s, 0 Pa]]}
equipment:
  - unit:
      of: {kind: cooling_unit, name: crah, size: [1.2 m, 1.2 m, 1.2 m], intake: front,
           discharge: back, fan_power: 1 kW, damper: DAMPER,
           fan_curve: [[0 m3/s, 90 Pa], [1.5 m3/s, 0 Pa]],
           rating: {capacity: 20 kW, air_flow: 1.2 m3/s, air_in: 32 degC, water_flow: 60 L/min,
                    water_in: 10 degC, water_out: 14.8 degC}}
      name: U
      at: [2.4 m, 0.6 m]
      facing: -x
      facility: chw
      supply: 18 degC
solver: {cell: 0.6 m, precision: float64}
transient: {duration: 10 s, output: [10 s], events: [EVENT]}
"""


def fans_over_time(case_of, event, damper="true"):
    """Stretches of a case with one event, and the streams of its fan and its unit."""
    case = case_of(HALL.replace("EVENT", event).replace("DAMPER", damper))
    level, x = air_levels(case)[-1], Exchange(T_facility={"chw": 283.15})
    base = air_inputs(case, level, x)
    plan = stretches(base, changes_of(case, level, x, case.transient), case.transient)
    fan, unit = (int(level.streams.of(name)[0]) for name in "FU")
    return plan, fan, unit


def raised(fans, stream, V):
    """Pressure that a stream's fan raises [Pa] at a flow [m3/s] and its law's first temperature."""
    turning = float(fans.speed[stream][0])
    return float(fans.shutoff[stream]) * turning**2 - float(fans.slope[stream]) * V * abs(V)


def test_exhaust_fan_that_stops_over_a_ramp_follows_the_affinity_laws(case_of):
    plan, fan, _ = fans_over_time(case_of, "{at: 2 s, item: F, state: off, ramp: 4 s}")
    _, ramp, after = plan
    assert (ramp.begin, ramp.end) == (2.0, 6.0)
    full, none = ramp.first.fans, ramp.last.fans
    half = 0.5 * (np.asarray(full.speed) + np.asarray(none.speed))[fan][0]
    # At half speed half the flow at a quarter of the pressure: the same fan.
    for V in (0.0, 1.0, 2.5):
        assert half**2 * float(full.shutoff[fan]) - float(full.slope[fan]) * (
            V / 2
        ) ** 2 == pytest.approx(raised(full, fan, V) / 4)
    np.testing.assert_allclose(none.shutoff, full.shutoff)
    np.testing.assert_allclose(none.slope, full.slope)
    # Stopped, it raises nothing and resists air that blows through it.
    assert raised(after.last.fans, fan, 0.0) == pytest.approx(0.0, abs=1e-9)
    assert raised(after.last.fans, fan, 1.0) < -5.0


def test_flow_that_an_event_asks_of_a_fan_on_its_curve_sets_its_speed(case_of):
    plan, fan, _ = fans_over_time(case_of, "{at: 2 s, item: F, flow: 1 m3/s}")
    assert float(plan[-1].last.fans.speed[fan][0]) == pytest.approx(0.5)


@pytest.mark.parametrize("state", ["off", "on"])
def test_damper_shuts_only_when_its_fan_stands_still(case_of, state):
    event = f"{{at: 2 s, item: U, state: {state}, ramp: 4 s}}"
    if state == "on":
        event = "{at: 1 s, item: U, state: off}, " + event
    plan, _, unit = fans_over_time(case_of, event)
    ramp = next(stretch for stretch in plan if (stretch.begin, stretch.end) == (2.0, 6.0))
    closed = plan[-1].last if state == "off" else plan[1].last
    running = plan[0].first.fans
    for end in (ramp.first, ramp.last):
        assert float(end.fans.slope[unit]) == pytest.approx(float(running.slope[unit]))
        assert float(end.fans.shutoff[unit]) == pytest.approx(float(running.shutoff[unit]))
    speeds = [float(end.fans.speed[unit][0]) for end in (ramp.first, ramp.last)]
    rated = float(running.speed[unit][0])
    assert speeds == pytest.approx([rated, 0.0] if state == "off" else [0.0, rated], abs=1e-9)
    # Shut: a flow of nothing that yields to no pressure.
    assert float(closed.fans.slope[unit]) == pytest.approx(0.0, abs=1e-9)
    assert float(closed.V_flow[unit]) == pytest.approx(0.0, abs=1e-9)
    assert plan[plan.index(ramp)].jump is (state == "on")


def test_unit_without_damper_only_changes_its_speed(case_of):
    event = "{at: 2 s, item: U, state: off, ramp: 4 s}"
    plan, _, unit = fans_over_time(case_of, event, damper="false")
    assert len(plan) == 3
    for stretch in plan:
        assert float(stretch.last.fans.slope[unit]) == pytest.approx(
            float(plan[0].first.fans.slope[unit])
        )
    assert float(plan[-1].last.fans.speed[unit][0]) == pytest.approx(0.0, abs=1e-9)


def test_event_that_asks_a_fan_on_its_curve_for_more_than_full_speed_is_refused(case_of):
    with pytest.raises(InputError, match="F: 4 m3/s; its full speed is 2 m3/s") as refused:
        fans_over_time(case_of, "{at: 2 s, item: F, flow: 4 m3/s}")
    assert "case.yaml:" in str(refused.value)


def test_moments_that_meet_are_one(case_of):
    """3 * 0.2 is not 0.6, nor 1.1 + 2.2 = 3.3, in binary: no stretch of 1e-16 s lies between."""
    events = """{at: 0.6 s, item: F, state: off}, {at: 1.1 s, item: U, state: off, ramp: 2.2 s},
        {at: 3.3 s, item: U, state: on}, {at: 9.7 s, item: F, state: on, ramp: 0.3 s}"""
    text = HALL.replace("output: [10 s]", "output: every 0.2 s")
    text = text.replace("EVENT", events).replace("DAMPER", "false")
    case = case_of(text)
    level, x = air_levels(case)[-1], Exchange(T_facility={"chw": 283.15})
    changes = changes_of(case, level, x, case.transient)
    plan = stretches(air_inputs(case, level, x), changes, case.transient)
    assert min(stretch.end - stretch.begin for stretch in plan) > 0.09
    assert [stretch.begin for stretch in plan if stretch.jump] == [0.6, 3.3]
    assert sum(stretch.output for stretch in plan) == 50
