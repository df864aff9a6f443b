"""A small hall with everything twice: two fan walls, two CDUs, three facility pumps, two feeds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehall.config import Case, load
from rehall.redundancy.ground import WORK, make_ground
from rehall.redundancy.solving import Options
from rehall.redundancy.study import study_failures
from rehall.redundancy.summary import summarise_study

SOUND = """
site:
  name: small hall
  altitude: 100 m
  outdoor: {dry_bulb: 30 degC, wet_bulb: 18 degC}
  contracted_demand: 2500 kW
hall:
  size: [8.4 m, 6.6 m, 3.6 m]
  walls: {default: adiabatic}
  containment:
    - {name: hot aisle, from: [0 m, 4.2 m, 0 m], to: [6.6 m, 6.6 m, 3.6 m], leakage: 8 %}
equipment:
  - row:
      of: {like: vr_nvl72, power: 180 kW, supply: {shelf: power_shelf_110, count: 4}}
      name: A
      count: 4
      first: [4.2 m, 3.0 m]
      facing: -y
      loop: tcs
      feeds: [BA, BB]
  - row:
      of:
        like: coolit_chx2000
        pump:
          curve: [[0 L/min, 280 kPa], [1500 L/min, 241 kPa]]
          power: 15 kW
          coast_down: 3 s
          start_up: 6 s
      name: CDU
      count: 2
      first: [6.9 m, 0.6 m]
      facing: -x
      loop: tcs
      feeds: [BA, BB]   # of the CDUs
  - row:
      of:
        like: vertiv_fa069hc
        size: [1.2 m, 1.2 m, 3.0 m]
        fan_power: 2 kW
        air_flow_min: 20 %
        rating:
          capacity: 50 kW
          air_flow: 10800 m3/h
          air_in: 35 degC
          water_flow: 160 L/min
          water_in: 18 degC
          water_out: 25 degC
      name: FW
      count: 3
      first: [0.3 m, 4.2 m]
      pitch: 1.2 m
      facing: -y
      supply: 22 degC
      air_flow: 2.8 m3/s
      facility: chw
      feeds: [BA, BB]
liquid:
  facility:
    - name: fws
      supply: 34 degC
      flow: 2100 L/min
      volume: 3 m3
      pump_head: 220 kPa
      pump_efficiency: 70 %
      pumps: {count: 3, duty: 3}
      rejection:
        of:
          like: dry_cooler_2mw
          capacity: 600 kW
          approach: 4 K
          flow: 870 L/min
          fan_power: 14 kW
        count: 3
      feeds: [BA, BB]
    - name: chw
      supply: 18 degC
      flow: 450 L/min
      volume: 1 m3
      pump_head: 200 kPa
      pump_efficiency: 70 %
      pumps: {count: 2, duty: 1, failover: 5 s}
      rejection: {of: {like: air_cooled_chiller_1500, capacity: 80 kW}, count: 2, spare: 1}
      feeds: [BA, BB]
  loops:
    - name: tcs
      fluid: pg25
      supply: 40 degC
      facility: fws
      header: {diameter: 125 mm, pitch: 0.6 m}
      control: {differential_pressure: 200 kPa}
power:
  nodes:
    - {name: utility, of: utility, voltage: 13.8 kV}
    - {name: TA, of: transformer_2500, fed_by: utility}
    - {name: TB, of: transformer_2500, fed_by: utility}
    - {name: UA, of: ups_2500, fed_by: TA}
    - {name: UB, of: ups_2500, fed_by: TB}
    - {name: BA, of: board_2000, fed_by: UA}
    - {name: BB, of: board_2000, fed_by: UB}
limits: {coolant_supply_max: 45 degC, rack_inlet_max: 29 degC, coolant_flow_min: 85 %}
solver: {cell: 0.45 m}
redundancy: {duration: 120 s}
"""


@pytest.fixture(scope="session")
def sound_text() -> str:
    return SOUND


@pytest.fixture(scope="session")
def case_of() -> Callable[[Path, str], Case]:
    """A case from its text, written into a folder."""

    def write(folder: Path, text: str) -> Case:
        (folder / "hall.yaml").write_text(text)
        return load(folder / "hall.yaml")

    return write


@pytest.fixture(scope="session")
def studied(case_of) -> Callable[..., dict[str, dict[str, Any]]]:
    """Records of some failures of a case by name, as a study in the folder finds them."""

    def study(folder: Path, text: str, *only: str) -> dict[str, dict[str, Any]]:
        ground = make_ground(case_of(folder, text), None, folder / WORK)
        found = summarise_study(study_failures(ground, folder / WORK, Options(only=only)))
        return {record["state"]: record for record in found["states"]}

    return study
