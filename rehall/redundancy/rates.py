"""How often a single failure of a case happens, and how long it lasts."""

import math

from rehall.config import Case
from rehall.redundancy.availability import reliability_of
from rehall.redundancy.outage import START, Outage
from rehall.schema.entries import FailureFigures, Generator, Utility
from rehall.schema.entries.reliability import HOURS_A_YEAR

Rate = tuple[float, float, float]
"""Failures a year, hours of repair, share of them after which what stands by does not start."""


def rate_of(case: Case, outage: Outage) -> Rate | None:
    """Rate of a failure; None where figures lack. Of `count` alike any one of them.

    A generator is asked for when all utilities are lost at once. Of its units, started each by
    itself, one at least does not start with 1 - (1 - p)^n, and all of them with p^n.
    """
    own = getattr(outage.entry, "reliability", None)
    mode = outage.mode.removeprefix(START)
    found = reliability_of(outage.kind, mode, own)
    if isinstance(outage.entry, Generator):
        return _not_started(case, outage.entry, found, whole=mode == "off")
    if found is None or found.rate is None or found.repair is None:
        return None
    return outage.count * found.rate, found.repair, 1.0


def _not_started(
    case: Case, entry: Generator, found: FailureFigures | None, whole: bool
) -> Rate | None:
    lost = all_lost(case)
    if lost is None or found is None or found.start_failure is None:
        return None
    p, n = found.start_failure, entry.units
    return *lost, p**n if whole else 1.0 - (1.0 - p) ** n


def all_lost(case: Case) -> tuple[float, float] | None:
    """How often a year all utilities are lost at once, and for how many hours.

    Independent ones: lambda = sum_i lambda_i prod_{j != i} U_j, and 1 / r = sum 1 / r_i.
    """
    entries = [item.entry for item in case.nodes if isinstance(item.entry, Utility)]
    figures = [reliability_of("utility", "off", entry.reliability) for entry in entries]
    known = [(f.rate, f.repair) for f in figures if f and f.rate is not None and f.repair]
    if not known or len(known) < len(figures):
        return None
    shares = [rate * repair / HOURS_A_YEAR for rate, repair in known]
    rate = sum(
        own * math.prod(share for k, share in enumerate(shares) if k != n)
        for n, (own, _) in enumerate(known)
    )
    return rate, 1.0 / sum(1.0 / repair for _, repair in known)
