"""Temperatures of a case against the ranges in which the properties of air and liquids hold."""

from collections.abc import Iterator

from geometry.errors import InputError
from rehall.schema.base import Complaint
from rehall.schema.case import CaseFile
from rehall.schema.document import CasePath
from rehall.schema.site import Site

# What needs JAX is imported where it is used: reading a case does not wait for it otherwise.

ZERO = 273.15


def check(file: CaseFile) -> list[Complaint]:
    """Return every temperature that air or a liquid would have out of its range."""
    return [*_outdoors(file.site), *_air(file), *_liquids(file)]


def _outdoors(site: Site) -> Iterator[Complaint]:
    """Refuse outdoor air out of range, and a wet bulb that no air of this dry bulb has."""
    import jax.numpy as jnp

    from thermal.moist_air import check_moist_air, humidity_ratio_at_wet_bulb, wet_bulb
    from thermal.properties import pressure_at_altitude

    T, T_wet = jnp.asarray(site.outdoor.dry_bulb), jnp.asarray(site.outdoor.wet_bulb)
    p = float(pressure_at_altitude(site.altitude))
    w = float(humidity_ratio_at_wet_bulb(T, T_wet, p))
    if w < 0.0:
        least = float(wet_bulb(T, jnp.zeros_like(T), p)) - ZERO
        found = f"{float(T_wet) - ZERO:.4g} degC at a dry bulb of {float(T) - ZERO:.4g} degC"
        wanted = f"air without any water has {least:.1f} degC there, wanted no less"
        yield ("site", "outdoor", "wet_bulb"), f"{found}: {wanted}"
        w = 0.0
    try:
        check_moist_air(float(T), w, p, "outdoor")
    except InputError as error:
        yield ("site", "outdoor"), error.findings[0].message


def _air(file: CaseFile) -> Iterator[Complaint]:
    """Refuse air that is supplied out of its range."""
    from thermal.properties import AIR_T_MAX, AIR_T_MIN, out_of_range

    given: list[tuple[CasePath, float | None]] = [
        (("hall", "openings", i, "temperature"), opening.temperature)
        for i, opening in enumerate(file.hall.openings)
    ]
    given += [
        (("equipment", i, listed.key, "supply"), listed.piece.supply)
        for i, listed in enumerate(file.equipment)
    ]
    for i, event in enumerate(file.transient.events if file.transient else ()):
        where: CasePath = ("transient", "events", i)
        given += [((*where, "supply"), event.supply), ((*where, "temperature"), event.temperature)]
    for path, T in given:
        wrong = None if T is None else out_of_range("air", T, AIR_T_MIN, AIR_T_MAX)
        if wrong:
            yield path, wrong


def _liquids(file: CaseFile) -> Iterator[Complaint]:
    """Refuse a loop that supplies its liquid out of its range."""
    from thermal.coolants import terms
    from thermal.properties import out_of_range

    for where, fluid, T in _supplies(file):
        T_min, T_max = terms(fluid)[:2]
        wrong = out_of_range(fluid, T, T_min, T_max)
        if wrong:
            yield (*where, "supply"), wrong


def _supplies(file: CaseFile) -> Iterator[tuple[CasePath, str, float]]:
    """Path, liquid and supply temperature [K] of every loop that holds one."""
    if file.liquid is None:
        return
    for i, facility in enumerate(file.liquid.facility):
        yield ("liquid", "facility", i), facility.fluid, facility.supply
        outdoors = facility.rejection.outdoor_loop
        if outdoors is not None and outdoors.supply is not None:
            where = ("liquid", "facility", i, "rejection", "outdoor_loop")
            yield where, outdoors.fluid, outdoors.supply
    for i, loop in enumerate(file.liquid.loops):
        yield ("liquid", "loops", i), loop.fluid, loop.supply
