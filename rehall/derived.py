"""What the grids say about mass flows and mean inlets, from which other limits are derived.

Besides the racks' inlets (evidence.py): of every device and exhaust, so that air rises, fan flows,
coil loads and humidities are as uncertain as what they are computed from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rehall.carried import carried
from rehall.evidence import no_evidence, ratio_of_widths
from rehall.gridstudy import convergence, two_grid_factor
from rehall.models import AirLevel
from rehall.observe import DeviceAir, device_air
from rehall.operation import air_inputs
from rehall.simulate import Solution
from thermal.air.settling import AirSolution

Named = dict[str, float]
SMALL = 1e-3
"""Mass flow [kg/s] that smaller ones are judged against."""


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Uncertainty by name; what is left out is not known.

    `inlets` of a rack's mean and highest inlet [K] and `T_in` of any device's mean inlet [K], both
    with the swing of air that does not settle; `flow` of its mass flow over it and `ratio` of the
    humidity ratio that it takes in [-], without.
    """

    inlets: dict[str, tuple[float, float]] = field(default_factory=dict)
    T_in: Named = field(default_factory=dict)
    flow: Named = field(default_factory=dict)
    ratio: Named = field(default_factory=dict)


def uncertainty_of(
    solution: Solution,
    air: dict[str, DeviceAir],
    inlets: dict[str, tuple[float, float]],
    order: float,
) -> Uncertainty:
    """The uncertainty of a solution, from that of its racks' inlets and the order of its scheme.

    Between two grids as of the inlets (gridstudy.two_grid_factor), of temperatures and humidity
    ratios no less than the root mean square over all; of a grid study as in gridstudy.convergence.
    """
    if no_evidence(solution):
        return Uncertainty()
    used = solution.coarser[-2:] if solution.study else solution.coarser[-1:]
    solved = [(solution.level, solution.air), *reversed(used)]
    T_in, m_flow = zip(*(observed(solution, *one) for one in solved), strict=True)
    flow = [{k: m / max(abs(m_flow[0][k]), SMALL) for k, m in each.items()} for each in m_flow]
    quantities = (T_in, flow, ratios(solution, used))
    if solution.study:
        widths = [level.grid.effective_width for level, _ in solved]
        found = [_studied(values, widths, order) for values in quantities]
    else:
        factor = two_grid_factor(ratio_of_widths(solution), order)
        found = [_two_grids(values[0], values[1], factor) for values in quantities]
        found[0], found[2] = _no_less_than_mean(found[0]), _no_less_than_mean(found[2])
    swinging = {name: change + air[name].amplitude for name, change in found[0].items()}
    return Uncertainty(inlets, swinging, found[1], found[2])


def _no_less_than_mean(found: Named) -> Named:
    """Each at least the root mean square of all: two grids may agree at a place by chance."""
    least = float(np.sqrt(np.mean(np.square(list(found.values()))))) if found else 0.0
    return {name: max(change, least) for name, change in found.items()}


def ratios(solution: Solution, coarser: Sequence[tuple[AirLevel, AirSolution]]) -> list[Named]:
    """Humidity ratios that the devices take in [-], from the finest grid to the coarsest.

    Of no device where one grid has no solution, or where all air that enters is equally moist: then
    it is so everywhere, and nothing has to be solved.
    """
    if all(low == high for low, high in solution.entered.bounds.values()):
        return [{} for _ in (None, *coarser)]
    each = [solution.carried]
    for level, air in reversed(coarser):
        inputs = air_inputs(solution.case, level, solution.exchange)
        each.append(carried(solution.case, level, air, inputs))
    taken = [one.intake["humidity_ratio"] for one in each]
    names = [name for name in taken[0] if all(name in one for one in taken)]
    return [{name: one[name] for name in names} for one in taken]


def observed(solution: Solution, level: AirLevel, air: AirSolution) -> tuple[Named, Named]:
    """Mean inlets [K] of the devices and mass flows [kg/s] of all streams by name, on one grid.

    Without the inlets of cooling units that hold their return air: a coarse grid of the sequence
    does not wait until they do.
    """
    held = {item.name for item in solution.case.items if item.control is not None}
    devices = device_air(solution.case, level, air)
    T_in = {name: device.T_in for name, device in devices.items() if name not in held}
    streams = level.streams
    names = dict.fromkeys(streams.name)
    return T_in, {name: float(air.m_flow[streams.of(name)].sum()) for name in names}


def _two_grids(fine: Named, coarse: Named, factor: float) -> Named:
    return {k: factor * abs(x - coarse[k]) for k, x in fine.items()}


def _studied(values: Sequence[Named], widths: list[float], order: float) -> Named:
    first, second, third = widths
    return {
        k: convergence((x, values[1][k], values[2][k]), (first, second, third), order).uncertainty
        for k, x in values[0].items()
    }
