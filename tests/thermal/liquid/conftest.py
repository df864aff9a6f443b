import dataclasses

import jax.numpy as jnp
import pytest

from thermal.liquid import facility, loop
from thermal.liquid.circuits import Rejection, build, switched
from thermal.properties import fluid

LPM = 1.0 / 60e3  # [m3/s]


@pytest.fixture(scope="session")
def make_loop():
    """Description of a pod: racks of 345 L/min at 150 kPa on units of 2 MW with two pumps each."""

    def make(racks=16, units=4, control="differential_pressure", control_value=180e3, **changes):
        curve = (0.0, 1000.0 * LPM, 2125.0 * LPM), (365e3, 340e3, 241e3)
        pumps = loop.Pumps(*curve, count=2, duty=1)
        flows = 2125.0 * LPM, 2500.0 * LPM
        header = {"length": changes.pop("length", 0.6), "diameter": 0.25}
        return loop.Loop(
            name="tcs",
            fluid=fluid("pg25"),
            cdus=tuple(loop.Cdu(f"CDU {n}", 2e6, 5.0, *flows, pumps) for n in range(units)),
            branches=tuple(loop.Branch(f"A{n:02}", 150e3, 345.0 * LPM) for n in range(racks)),
            manifold=loop.Header(**header, reverse=changes.pop("reverse", False)),
            control=control,
            control_value=control_value,
            T_supply_set=316.15,
            pressure=150e3,
        )

    return make


@pytest.fixture(scope="session")
def make_circuits():
    """Model, scenario, places of a loop on water at 38 degC, one pump of each unit running."""

    def make(pod, two_way=False, flow=None):
        users = tuple(facility.User(c.name, c.V_flow_facility_nominal) for c in pod.cdus)
        together = sum(user.V_flow_nominal for user in users)
        water = facility.circuit(
            facility.Facility(
                name="fws",
                fluid=fluid("water"),
                T_supply=311.15,
                V_flow=flow or together,
                head=220e3,
                users=users,
                dp_users=100e3,
                held=two_way,
                pumps=3,
                duty=2,
            )
        )
        model, scenario, places = build(
            [loop.circuit(pod), water],
            loop.exchangers(pod, water, two_way),
            [Rejection("fws", ("fws", "rejection"), 311.15)],
        )
        standby = {("tcs", f"{cdu.name} pump 2"): 0.0 for cdu in pod.cdus}
        scenario = switched(scenario, places, running=standby | {("fws", "pump 3"): 0.0})
        heat = scenario.heat
        for branch in pod.branches:
            heat = heat.at[places.link["tcs", branch.name]].set(223e3)
        return model, dataclasses.replace(scenario, heat=heat), places

    return make


@pytest.fixture(scope="session")
def pod(make_loop, make_circuits):
    """Four racks on two units: small, so that tests compile fast."""
    return make_circuits(make_loop(racks=4, units=2, control_value=150e3))


@pytest.fixture(scope="session")
def states(pod):
    """What can happen to the pod, by name."""
    _, normal, places = pod
    first = {("tcs", "CDU 0 pump 1"): 0.0}
    both = first | {("tcs", "CDU 1 pump 1"): 0.0}
    shut = {("tcs", f"A{n:02}"): 0.0 for n in range(4)}
    water = {("fws", f"pump {n}"): 0.0 for n in (1, 2)}

    def but(**changes):
        return dataclasses.replace(normal, **changes)

    return {
        "normal": normal,
        "one unit stopped": switched(normal, places, running=first),
        "all units stopped": switched(normal, places, running=both),
        "one rack closed": switched(normal, places, m_max={("tcs", "A01"): 0.0}),
        "all racks closed": switched(normal, places, m_max=shut),
        "stopped and closed": switched(normal, places, m_max=shut, running=both),
        "no heat": but(heat=0.0 * normal.heat),
        "no facility water": switched(normal, places, running=water),
        "one unit without facility water": switched(normal, places, m_max={("fws", "CDU 0"): 0.0}),
        "no rejection": but(T_rejected=jnp.full(1, jnp.inf)),
        "facility too warm": but(T_rejected=jnp.full(1, 325.0)),
        "facility warmer than the loop": but(T_rejected=jnp.full(1, 325.0), heat=0.0 * normal.heat),
        "all pumps at different speeds": switched(
            normal,
            places,
            running={
                ("tcs", f"CDU {u} pump {n}"): 1.0 - 0.1 * u - 0.05 * n
                for u in (0, 1)
                for n in (1, 2)
            },
        ),
    }
