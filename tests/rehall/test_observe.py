"""What the solved air shows at openings, by name."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest

from rehall.config import load
from rehall.models import air_levels
from rehall.observe import opening_air
from rehall.start import at_start
from rehall.summary_tables import opening_rows
from thermal.air.state import to_state

HALL = """\
site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}
hall:
  size: [4 m, 3 m, 3 m]
  openings:
    - {name: fan, kind: exhaust, wall: +z, from: [1 m, 1 m], to: [2 m, 2 m], flow: 1 m3/s}
    - {name: west, kind: outdoor, wall: -x, from: [1 m, 1 m], to: [2 m, 2 m]}
    - {name: blower, kind: supply, wall: +y, from: [1 m, 1 m], to: [2 m, 2 m], flow: 0.5 m3/s,
       temperature: 18 degC}
    - {name: east, kind: outdoor, wall: +x, from: [1 m, 1 m], to: [2 m, 2 m]}
solver: {cell: 0.5 m}
"""


def test_each_opening_has_the_swing_of_the_air_that_passes_it(tmp_path):
    (tmp_path / "hall.yaml").write_text(HALL)
    case = load(tmp_path / "hall.yaml")
    level = air_levels(case)[-1]
    names = level.streams.name
    air = SimpleNamespace(
        state=jax.device_get(to_state(at_start(case, level), level.model)),
        devices=tuple(names),
        T_in=np.full(len(names), 301.0),
        T_out=np.full(len(names), 291.0),
        m_flow=np.full(len(names), 0.6),
        amplitude=np.array([{"fan": 0.1, "blower": 0.2}[name] for name in names]),
        amplitude_out=np.array([{"fan": 0.3, "blower": 0.4}[name] for name in names]),
        amplitude_opening=np.array([0.5, 0.6]),
    )
    rows = {row["name"]: row for row in opening_rows(case, opening_air(case, level, air))}
    swings = {name: row["temperature_amplitude_k"] for name, row in rows.items()}
    assert swings == {"fan": 0.1, "west": 0.5, "blower": 0.4, "east": 0.6}
    assert rows["fan"]["temperature_c"] == pytest.approx(27.85)
    assert rows["fan"]["mass_flow_kg_s"] == pytest.approx(-0.6)
    assert rows["blower"]["temperature_c"] == pytest.approx(17.85)
