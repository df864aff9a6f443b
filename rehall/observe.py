"""What the solved air shows at equipment and openings: temperatures and flows by name."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from geometry.voxels import Patch
from rehall.config import Case
from rehall.layout import moves_air
from rehall.models import AirLevel
from rehall.operation import entering_temperature
from rehall.results import FaceTemperature
from thermal.air.settling import AirSolution
from thermal.air.state import AirState
from thermal.properties import air_density


@dataclass(frozen=True)
class DeviceAir:
    """Air through one device; temperatures in K, flow in m3/s at the intake.

    A flow below zero goes backwards, and is taken in at the discharge.
    """

    V_flow: float
    m_flow: float
    T_in: float
    T_in_max: float
    T_out: float
    amplitude: float
    amplitude_max: float
    amplitude_out: float


@dataclass(frozen=True)
class OpeningAir:
    """Air through one opening, inwards positive; temperature of what passes, its swing [K]."""

    m_flow: float
    V_flow: float
    T: float
    amplitude: float


def device_air(case: Case, level: AirLevel, air: AirSolution) -> dict[str, DeviceAir]:
    """Air through every device that moves some."""
    found = {}
    number = {name: n for n, name in enumerate(air.devices)}
    pressure = float(level.model.pressure)
    for item in case.items:
        if not moves_air(item):
            continue
        at = level.streams.of(item.name)
        share, m_flow = level.streams.share[at], air.m_flow[at]
        through = np.abs(m_flow)
        weight = through / through.sum() if through.sum() > 0 else share
        T_in = float(np.sum(share * air.T_in[at]))
        taken_in = level.voxels.discharges if m_flow.sum() < 0 else level.voxels.intakes
        intake = air.state.T[tuple(taken_in[item.name].cells.T)]
        found[item.name] = DeviceAir(
            V_flow=float(m_flow.sum()) / _density(T_in, pressure),
            m_flow=float(m_flow.sum()),
            T_in=T_in,
            T_in_max=float(np.max(intake)),
            T_out=float(np.sum(weight * air.T_out[at])),
            amplitude=float(air.amplitude[number[item.name]]),
            amplitude_max=float(air.amplitude_max[number[item.name]]),
            amplitude_out=float(air.amplitude_out[number[item.name]]),
        )
    return found


def node_air(case: Case, level: AirLevel, air: AirSolution) -> dict[str, float]:
    """Hottest air that meets each node which stands or hangs in the hall [K].

    The hottest place decides: there the breaker trips and the insulation ages.
    """
    found = {}
    T = np.asarray(air.state.T)
    for item in case.nodes:
        if item.box is None:
            continue
        if item.name in level.voxels.sources:
            cells = level.voxels.sources[item.name]
        else:
            cells = np.concatenate([p.cells for p in level.voxels.blocks[item.name]])
        found[item.name] = float(T[tuple(cells.T)].max())
    return found


def opening_air(case: Case, level: AirLevel, air: AirSolution) -> dict[str, OpeningAir]:
    """Air through every opening of the shell."""
    found = {}
    pressure = float(level.model.pressure)
    outdoor = [opening.name for opening in case.openings if opening.kind == "outdoor"]
    for opening in case.openings:
        patch = level.voxels.openings[opening.name]
        if opening.kind == "outdoor":
            entering = entering_temperature(case, opening)
            swing = float(air.amplitude_opening[outdoor.index(opening.name)])
            found[opening.name] = _outdoor(patch, air.state, pressure, entering, swing)
            continue
        at = level.streams.of(opening.name)
        leaves, device = opening.kind == "exhaust", air.devices.index(opening.name)
        T = float((air.T_in if leaves else air.T_out)[at][0])
        swing = float((air.amplitude if leaves else air.amplitude_out)[device])
        m_flow = float(air.m_flow[at].sum()) * (-1 if leaves else 1)
        found[opening.name] = OpeningAir(m_flow, m_flow / _density(T, pressure), T, swing)
    return found


def face_temperatures(case: Case, level: AirLevel, air: AirSolution) -> dict[str, FaceTemperature]:
    """Air temperature over the intake face of every device, cell by cell."""
    found = {}
    for item in case.items:
        if moves_air(item):
            found[item.name] = _face(level.voxels.intakes[item.name], level, air.state)
    return found


def _face(patch: Patch, level: AirLevel, state: AirState) -> FaceTemperature:
    first, second = (axis for axis in range(3) if axis != patch.axis)
    i, j = patch.faces[:, first], patch.faces[:, second]
    shape = (i.max() - i.min() + 1, j.max() - j.min() + 1)
    T = np.full(shape, np.nan)
    T[i - i.min(), j - j.min()] = state.T[tuple(patch.cells.T)]
    T[np.isnan(T)] = np.nanmean(T)  # cells that other equipment covers
    edges = level.grid.faces
    return FaceTemperature(
        T, edges[first][i.min() : i.max() + 2], edges[second][j.min() : j.max() + 2]
    )


def _outdoor(
    patch: Patch, state: AirState, pressure: float, entering: float, swing: float
) -> OpeningAir:
    """Net flow through an outdoor opening, from the face velocities."""
    velocity = (state.u, state.v, state.w)[patch.axis][tuple(patch.faces.T)] * patch.sign
    T_cell = state.T[tuple(patch.cells.T)]
    T = np.where(velocity > 0, entering, T_cell)
    volume = velocity * patch.area
    mass = volume * np.asarray(air_density(jnp.asarray(T), pressure))
    weight = np.abs(mass).sum()
    mean = float(np.sum(np.abs(mass) * T) / weight) if weight > 0 else entering
    return OpeningAir(float(mass.sum()), float(volume.sum()), mean, swing)


def _density(T: float, pressure: float) -> float:
    """Density of air at T [K] and the site's pressure [Pa]."""
    return float(air_density(jnp.asarray(T), pressure))
