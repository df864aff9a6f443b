"""Pump curves: three terms through points of flow and pressure, falling everywhere."""

import numpy as np
from scipy.optimize import nnls

from geometry.errors import Finding, InputError


def fit_pump(
    V_flow: tuple[float, ...], dp: tuple[float, ...], where: str
) -> tuple[float, float, float]:
    """Terms a [Pa], b [Pa s/m3], c [Pa s2/m6] of dp = a - b V - c V^2, none below 0.

    Least squares to points at full speed; two points give a and c alone, one the design point of
    EPANET's one-point curve (Rossman, EPANET 2.2 manual, section 3.1): shut-off at 4/3 of its
    pressure, run-out at twice its flow. Curves that rise first are flattened: a pump on the rising
    side has no stable flow in parallel with others.
    """
    flow, pressure = np.asarray(V_flow, dtype=float), np.asarray(dp, dtype=float)
    if flow.size == 0 or flow.size != pressure.size or (flow < 0.0).any():
        message = f"a curve of {flow.size} flows and {pressure.size} pressures"
        raise InputError([Finding(where, f"{message}; wanted as many of both, flows from 0 up")])
    if flow.size == 1:
        flow, pressure = np.array([0.0, flow[0]]), pressure * np.array([4.0 / 3.0, 1.0])
    scale_V, scale_p = max(flow.max(), 1e-12), max(np.abs(pressure).max(), 1e-12)
    x = flow / scale_V
    linear = x if np.unique(x).size > 2 else np.zeros_like(x)
    terms, _ = nnls(np.stack([np.ones_like(x), -linear, -(x**2)], axis=1), pressure / scale_p)
    shutoff, b, c = scale_p * terms / np.array([1.0, scale_V, scale_V**2])
    if shutoff <= 0.0 or (b <= 0.0 and c <= 0.0):
        message = f"dp = a - b Q - c Q^2 fitted to the curve: a {shutoff:.4g}, b {b:.4g}, c {c:.4g}"
        raise InputError([Finding(where, f"{message}; wanted a pressure that falls with flow")])
    return float(shutoff), float(b), float(c)
