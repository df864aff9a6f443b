"""The electrical part of a case alone: its study, and the files that it leaves."""

import json
from pathlib import Path
from typing import Any

from geometry.errors import InputError
from rehall.config import Case
from rehall.electrical import power_side
from rehall.node_air import ambient
from rehall.nominal_power import nominal_powers, thermal_clocks
from rehall.power_rows import tables_of
from rehall.power_study import PowerStudy, power_study
from rehall.results import write_text
from rehall.schema.entries import SERVERS

JSON = "power.json"


def run_power(case: Case, share: float = 1.0) -> PowerStudy:
    """Study the chain of a case; servers draw `share` of what they draw in it."""
    side = power_side(case)
    if side is None:
        raise InputError.of(str(case.path), "the case has no power section; nothing to study")
    powers = nominal_powers(case)
    servers = [item.name for item in case.items if isinstance(item.entry, SERVERS)]
    powers |= {name: share * powers[name] for name in servers}
    air = ambient(case, side.model)
    return power_study(case, side, powers, air, clocks=thermal_clocks(case))


def summary_of(found: PowerStudy) -> dict[str, Any]:
    """Every number of the study, as `power.json` holds it."""
    return {"case": found.case.path.stem, **tables_of(found)}


def write_power(found: PowerStudy, folder: Path) -> list[Path]:
    """Write the study's numbers and its single-line diagram into a folder."""
    from rehall.views import draw_chain

    folder.mkdir(parents=True, exist_ok=True)
    summary = summary_of(found)
    write_text(folder / JSON, json.dumps(summary, indent=2, allow_nan=False) + "\n")
    return [folder / JSON, *draw_chain(summary, folder)]
