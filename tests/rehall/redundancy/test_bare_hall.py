"""A hall of fans alone: no coolant, no power chain."""

import pytest

from rehall.electrical import power_side
from rehall.redundancy.outages import outages

BARE = """
site:
  name: fans alone
  outdoor: {dry_bulb: 25 degC, wet_bulb: 18 degC}
hall:
  size: [4.8 m, 3.6 m, 2.7 m]
  walls: {default: adiabatic}
  containment:
    - {name: hot, from: [0 m, 2.4 m, 0 m], to: [4.8 m, 3.6 m, 2.7 m], leakage: 20 %}
  openings:
    - {name: louvre, wall: -y, kind: outdoor, loss_coefficient: 2,
       from: [0.6 m, 0.3 m], to: [3.6 m, 2.1 m]}
    - {name: EF1, wall: +y, kind: exhaust, flow: 4 m3/s,
       from: [0.6 m, 1.2 m], to: [1.5 m, 2.1 m]}
    - {name: EF2, wall: +y, kind: exhaust, flow: 4 m3/s,
       from: [3.0 m, 1.2 m], to: [3.9 m, 2.1 m]}
equipment:
  - row: {of: {like: storage_rack, power: 12 kW}, name: R, count: 3,
      first: [1.5 m, 1.2 m], facing: -y}
limits: {rack_inlet_max: 32 degC}
solver: {cell: 0.45 m}
redundancy: {duration: 60 s, claims: {exhaust fans: N+1}}
"""


def test_only_fans_are_listed_where_there_is_nothing_else(tmp_path, case_of):
    case = case_of(tmp_path, BARE)
    assert power_side(case) is None
    kinds = {outage.kind for outage in outages(case, None)}
    assert kinds == {"exhaust_fan", "containment"}


@pytest.mark.slow
def test_each_of_two_fans_alone_keeps_the_racks_cool(tmp_path, case_of, studied):
    found = studied(tmp_path, BARE, "EF*")
    assert {name: record["verdict"] for name, record in found.items()} == {
        "EF1 stops": "pass",
        "EF2 stops": "pass",
    }
    for record in found.values():
        assert record["events"] == [f"0 s: {record['component']} state off over 2 s"]
        assert record["limits"]["rack_inlet_max"]["value"] < 32.0
