import dataclasses

import pytest

from geometry.errors import InputError
from thermal.exchanger import conductance_to_inlets
from thermal.liquid.loop import Branch, build

LPM = 1.0 / 60e3  # [m3/s]


def test_exchanger_of_a_unit_carries_its_rated_capacity_at_its_rated_approach(make_loop):
    model = build(make_loop(racks=2, units=1))
    # PG25 at 43 degC: 1012.89 kg/m3, 3969.6 J/(kg K); water at 38 degC: 993.0, 4179 (CoolProp).
    C_hot, C_cold = 1012.89 * 3969.6 * 2125.0 * LPM, 993.0 * 4179.0 * 2500.0 * LPM
    per_kelvin = float(conductance_to_inlets(C_hot, C_cold, model.exchangers.UA[0]))
    assert per_kelvin * (5.0 + 2e6 / C_hot) == pytest.approx(2e6, rel=1e-3)


def test_rated_power_of_a_pump_gives_its_efficiency(make_loop):
    loop = make_loop(racks=2, units=1)
    pump = dataclasses.replace(loop.cdus[0].pump, dp=(320e3, 300e3, 240e3), power_nominal=20e3)
    cdu = dataclasses.replace(loop.cdus[0], pump=pump)
    model = build(dataclasses.replace(loop, cdus=(cdu,)))
    hydraulic = 2125.0 * LPM * 240e3
    assert float(model.efficiency[0]) == pytest.approx(hydraulic / 20e3, rel=0.02)


def test_all_mistakes_of_a_loop_are_found_at_once(make_loop):
    loop = make_loop(racks=0, units=0)
    branch = Branch("A00", dp_nominal=-1.0, V_flow_nominal=0.0)
    wrong = dataclasses.replace(loop, branches=(branch,), control="flow", control_value=0.0)
    with pytest.raises(InputError) as caught:
        build(wrong)
    found = str(caught.value)
    for part in ("without a pump", "'flow'", "tcs.control_value", "A00.dp_nominal", "A00.V_flow"):
        assert part in found


def test_loop_without_a_rack_is_refused(make_loop):
    with pytest.raises(InputError, match="without a branch"):
        build(make_loop(racks=0))


def test_supply_outside_the_range_of_the_coolant_is_refused(make_loop):
    with pytest.raises(InputError, match=r"tcs\.T_supply_set: pg25 at 126\.9 degC"):
        build(dataclasses.replace(make_loop(), T_supply_set=400.0))


def test_capacity_that_no_exchanger_could_carry_is_refused_by_the_name_of_the_unit(make_loop):
    loop = make_loop(units=1)
    starved = dataclasses.replace(loop.cdus[0], V_flow_facility_nominal=500.0 * LPM)
    with pytest.raises(InputError, match=r"CDU 0: 2000\.0 kW"):
        build(dataclasses.replace(loop, cdus=(starved,)))


def test_pump_that_gives_more_than_it_takes_is_refused(make_loop):
    loop = make_loop(units=1)
    pump = dataclasses.replace(loop.cdus[0].pump, power_nominal=1e3)
    cdu = dataclasses.replace(loop.cdus[0], pump=pump)
    with pytest.raises(InputError, match=r"CDU 0\.pump: .* kW into the flow from 1\.0 kW"):
        build(dataclasses.replace(loop, cdus=(cdu,)))
