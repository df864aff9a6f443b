"""Supply set points of rack loops that stay above the dew point of the air around their pipes.

The guard looks at the air that is known before the hall is solved: outdoor air, and what wet pads
and supply openings would let in. What the air then turns out to be is the limit
`dew_point_margin_min`.
"""

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from rehall.config import Case
from rehall.moisture import entering_ratio, humidity
from rehall.schema.liquid import LoopSpec
from rehall.schema.site import Site
from thermal.moist_air import dew_point_at_wet_bulb
from thermal.properties import pressure_at_altitude

ZERO = 273.15


def outdoor_dew_point(site: Site) -> float:
    """Dew point [K] of outdoor air at the site's design condition."""
    dry, wet = jnp.asarray(site.outdoor.dry_bulb), jnp.asarray(site.outdoor.wet_bulb)
    return float(dew_point_at_wet_bulb(dry, wet, float(pressure_at_altitude(site.altitude))))


def entering_dew_point(case: Case) -> float:
    """Highest dew point [K] of outdoor air and of the air that openings may let in."""
    dry, pressure = case.site.outdoor.dry_bulb, float(pressure_at_altitude(case.site.altitude))
    ratios = [entering_ratio(case, o) for o in case.openings if o.kind != "exhaust"]
    moist = [humidity(ratio, dry, pressure).dew_point for ratio in ratios]
    return max(outdoor_dew_point(case.site), *moist, 0.0)


def set_point(spec: LoopSpec, T_dew: ArrayLike) -> NDArray[np.float64]:
    """Supply that the units of a loop hold [K] in air of this dew point [K], any shape."""
    margin = -np.inf if spec.dew_point_margin is None else spec.dew_point_margin
    return np.maximum(spec.supply, np.asarray(T_dew, float) + margin)


def guarded(case: Case, spec: LoopSpec) -> LoopSpec:
    """A loop with the supply that it is held at in the case's design condition."""
    if spec.dew_point_margin is None:
        return spec
    held = float(set_point(spec, entering_dew_point(case)))
    return spec.model_copy(update={"supply": held})


def warnings(case: Case) -> list[str]:
    """Loops that are held warmer than the case asks for."""
    found = []
    for spec in case.liquid.loops if case.liquid else ():
        held = guarded(case, spec).supply
        if held > spec.supply:
            found.append(
                f"loop {spec.name}: supplies {held - ZERO:.1f} degC instead of "
                f"{spec.supply - ZERO:.1f}, {spec.dew_point_margin:g} K above the dew point of "
                f"the air ({held - (spec.dew_point_margin or 0.0) - ZERO:.1f} degC)"
            )
    return found
