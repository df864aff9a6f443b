"""The whole case file."""

from typing import Any

from pydantic import Field

from rehall.schema.base import Description, Name
from rehall.schema.equipment import EquipmentLine
from rehall.schema.hall import HallSpec
from rehall.schema.liquid import LiquidSpec
from rehall.schema.power import PowerSpec
from rehall.schema.redundancy import RedundancySpec
from rehall.schema.site import Limits, Site, Solver
from rehall.schema.study import StudySpec
from rehall.schema.transient import TransientSpec


class CaseFile(Description):
    """All sections. `catalogue` adds entries of the case's own to those that come along.

    `off` names pieces of equipment, or whole rows, that are switched off.
    """

    site: Site
    hall: HallSpec
    catalogue: dict[str, dict[str, Any]] = Field(default_factory=dict)
    equipment: tuple[EquipmentLine, ...] = ()
    off: tuple[Name, ...] = ()
    liquid: LiquidSpec | None = None
    power: PowerSpec | None = None
    limits: Limits = Limits()
    solver: Solver = Solver()
    transient: TransientSpec | None = None
    redundancy: RedundancySpec = RedundancySpec()
    study: StudySpec = StudySpec()
