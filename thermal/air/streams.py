"""Streams: air that a device, or one height of it, moves, and the faces it passes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from geometry.voxels import Patch, VoxelModel
from thermal.air.model import PortFaces
from thermal.arrays import on_device

Profile = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class StreamTable:
    """Which stream belongs to which device; the streams of a layered one from the floor up.

    `name` [streams] is the device or opening; `share` [streams] the part of its air flow.
    """

    name: tuple[str, ...]
    share: np.ndarray

    def of(self, name: str) -> np.ndarray:
        """Indices of a device's streams."""
        return np.flatnonzero(np.array(self.name) == name)


class Streams:
    """Collects the streams and the faces where they leave and enter the air."""

    def __init__(self, voxels: VoxelModel, profiles: Mapping[str, Profile]) -> None:
        self.grid = voxels.grid
        self.profiles = profiles
        self.height: list[float] = []
        self.names: list[str] = []
        self.shares: list[float] = []
        self.has_intake: list[float] = []
        self.has_discharge: list[float] = []
        self.faces: dict[str, list[tuple[Patch, np.ndarray, int]]] = {"intake": [], "discharge": []}

    def add_device(self, name: str, intake: Patch, discharge: Patch, layered: bool) -> None:
        """One stream for each height both faces have in common, or one for the whole device."""
        levels = np.intersect1d(intake.faces[:, 2], discharge.faces[:, 2])
        same = set(intake.faces[:, 2]) == set(discharge.faces[:, 2]) == set(levels)
        if not (layered and same and intake.axis != 2 and discharge.axis != 2):
            self.add(name, intake, discharge)
            return
        for level in levels:
            at_in = np.flatnonzero(intake.faces[:, 2] == level)
            at_out = np.flatnonzero(discharge.faces[:, 2] == level)
            part = float(intake.area[at_in].sum() / intake.area.sum())
            self.add(name, intake, discharge, at_in, at_out, part)

    def add(
        self,
        name: str,
        intake: Patch | None,
        discharge: Patch | None,
        at_in: np.ndarray | None = None,
        at_out: np.ndarray | None = None,
        share: float = 1.0,
    ) -> None:
        """Register one stream with its faces."""
        number = len(self.names)
        self.names.append(name)
        self.shares.append(share)
        self.has_intake.append(float(intake is not None))
        self.has_discharge.append(float(discharge is not None))
        heights = []
        for kind, patch, at in (("intake", intake, at_in), ("discharge", discharge, at_out)):
            if patch is not None:
                chosen = np.arange(len(patch.area)) if at is None else at
                self.faces[kind].append((patch, chosen, number))
                z = self.grid.centres[2][patch.cells[chosen, 2]]
                heights.append(float(np.average(z, weights=patch.area[chosen])))
        self.height.append(float(np.mean(heights)))

    def _share(self, patch: Patch, at: np.ndarray) -> np.ndarray:
        """Part of the stream's flow through each face: even, or by the opening's profile."""
        flow = patch.area[at]
        if patch.name in self.profiles:
            lines = [
                self.grid.faces[a] if a == patch.axis else self.grid.centres[a] for a in range(3)
            ]
            centres = np.stack([lines[a][patch.faces[at, a]] for a in range(3)], axis=1)
            flow = flow * self.profiles[patch.name](centres)
        return flow / flow.sum()

    def ports(self, kind: str, axis: int, full: tuple[int, ...], dtype: type) -> PortFaces:
        """All faces of one kind normal to an axis."""
        parts = [part for part in self.faces[kind] if part[0].axis == axis]
        face = [np.ravel_multi_index(tuple(p.faces[at].T), full) for p, at, _ in parts]
        cell = [np.ravel_multi_index(tuple(p.cells[at].T), full) for p, at, _ in parts]
        return PortFaces(
            face=join(face, np.int32),
            cell=join(cell, np.int32),
            stream=join([np.full(len(at), number) for _, at, number in parts], np.int32),
            sign=join([p.sign[at] for p, at, _ in parts], dtype),
            share=join([self._share(p, at) for p, at, _ in parts], dtype),
            area=join([p.area[at] for p, at, _ in parts], dtype),
        )


def join(parts: list[np.ndarray], dtype: type) -> jnp.ndarray:
    """One array of several; empty of none."""
    return on_device(np.concatenate(parts) if parts else np.zeros(0), dtype)
