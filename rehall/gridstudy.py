"""Observed order and grid-convergence index of a value that was solved on three grids.

Celik, Ghia, Roache, Freitas, Coleman and Raad (2008), J. Fluids Eng. 130, 078001; the order bounded
as in Oberkampf and Roy (2010), Verification and Validation in Scientific Computing, 8.7; without
monotone convergence the data range as in Eca and Hoekstra (2008), J. Mar. Sci. Technol. 13, 328.
Grids count from the finest: f1, h1 belong to it.
"""

import math
from dataclasses import dataclass

from scipy.optimize import brentq

LEAST_ORDER = 0.5
"""Least order that an uncertainty is computed with [-]. Oberkampf and Roy (2010)."""
ORDER_TOLERANCE = 0.1
"""Share by which a credible observed order may exceed the formal one [-]; same source."""
SAFETY_CREDIBLE, SAFETY_OTHER = 1.25, 3.0
"""Safety factors with a credible observed order, and without. Roache (1994)."""
HIGHEST_ORDER = 50.0
"""Orders are sought up to this, either way [-]: beyond it a difference is nothing but rounding."""

Three = tuple[float, float, float]


@dataclass(frozen=True)
class Convergence:
    """What three grids say about one value; units of the value unless said.

    `kind`: `monotone`; `oscillatory`, the differences change sign; `divergent`, they grow as cells
    shrink; `masked`, no larger than what the flow swings by, so that no order can be seen; `equal`,
    no difference at all. `order` is the observed one [-] (None where there is none),
    `order_used` what the uncertainty is computed with [-] (None where the range of the values takes
    its place); `safety` the safety factor [-]; `extrapolated` the value at no cell width (None
    without monotone convergence); `uncertainty` is that of the finest grid (absolute).
    """

    kind: str
    order: float | None
    order_used: float | None
    credible: bool
    safety: float
    extrapolated: float | None
    uncertainty: float

    @property
    def remark(self) -> str:
        """The kind, or that the order was clipped; nothing where the observed order was used."""
        if self.kind != "monotone":
            return self.kind
        return "" if self.order == self.order_used else "clipped"


def observed_order(values: Three, widths: Three) -> float | None:
    """Order p of (f3 - f2) / (f2 - f1) = s r21^p (r32^p - s) / (r21^p - s); None if f1 = f2 = f3.

    s is the sign of the left side, r the ratios of the effective `widths` [m]. Celik et al. find p
    by iterating p = |ln|e32 / e21| + q(p)| / ln r21. This is the same equation solved by its root
    and without the outer bars, which would hide divergence: there p is negative. At most
    `HIGHEST_ORDER` either way.
    """
    (f1, f2, f3), (h1, h2, h3) = values, widths
    e21, e32 = f2 - f1, f3 - f2
    if e21 == 0.0 and e32 == 0.0:
        return None
    a, b = math.log(h3 / h2), math.log(h2 / h1)
    if e21 == 0.0:
        return HIGHEST_ORDER
    if e32 == 0.0:
        return -HIGHEST_ORDER
    s = math.copysign(1.0, e32 / e21)
    target = math.log(abs(e32 / e21))

    def excess(p: float) -> float:
        if s > 0:  # (r32^p - 1) / (1 - r21^-p), which rises with p through a / b at 0
            ratio = a / b if p == 0.0 else math.expm1(a * p) / -math.expm1(-b * p)
        else:
            ratio = (math.exp(a * p) + 1.0) / (1.0 + math.exp(-b * p))
        return math.log(ratio) - target

    if excess(HIGHEST_ORDER) <= 0.0:
        return HIGHEST_ORDER
    if excess(-HIGHEST_ORDER) >= 0.0:
        return -HIGHEST_ORDER
    return float(brentq(excess, -HIGHEST_ORDER, HIGHEST_ORDER, xtol=1e-10))


def two_grid_factor(ratio: float, formal: float) -> float:
    """What the difference of two grids is multiplied by: 3 / (r^p - 1), Roache (1994).

    r is the ratio of the effective cell widths and p the order of the scheme.

    >>> two_grid_factor(2.0, 2.0)
    1.0
    """
    return SAFETY_OTHER / (ratio**formal - 1.0)


def convergence(
    values: Three, widths: Three, formal: float, swings: Three = (0.0, 0.0, 0.0)
) -> Convergence:
    """Order, extrapolated value and uncertainty of the value on the finest grid.

    `widths` are the effective cell widths [m], fine to coarse, `formal` the order of the scheme.
    `swings` are the amplitudes of the values where the flow does not settle: differences between
    grids within them are no grid error, and the uncertainty is then not below the finest one's.

    With a credible order (monotone, 0.5 to 1.1 times the formal one) the uncertainty is
    1.25 |f2 - f1| / (r^p - 1), p at most the formal one. With another one p is clipped, the factor
    is 3, and the result is at least half of the range of the three values, so that no crossing by
    chance looks like convergence. Where the values oscillate or diverge it is three times their
    range.
    """
    f1, f2, f3 = values
    e21, e32 = f2 - f1, f3 - f2
    spread = max(values) - min(values)
    order = observed_order(values, widths)
    kind = _kind(e21, e32, order, swings)
    if kind in ("oscillatory", "divergent"):
        return Convergence(kind, order, None, False, SAFETY_OTHER, None, SAFETY_OTHER * spread)
    seen = order if kind == "monotone" else None
    used = formal if seen is None else min(max(seen, LEAST_ORDER), formal)
    credible = seen is not None and _credible(seen, formal)
    step = abs(e21) / ((widths[1] / widths[0]) ** used - 1.0)
    uncertainty = SAFETY_CREDIBLE * step if credible else max(SAFETY_OTHER * step, 0.5 * spread)
    if kind == "masked":
        uncertainty = max(uncertainty, swings[0])
    return Convergence(
        kind,
        order,
        used,
        credible,
        SAFETY_CREDIBLE if credible else SAFETY_OTHER,
        f1 - math.copysign(step, e21) if seen is not None else None,
        uncertainty,
    )


def _credible(order: float, formal: float) -> bool:
    """Whether an observed order is one that the scheme can have."""
    return LEAST_ORDER <= order <= (1.0 + ORDER_TOLERANCE) * formal


def _kind(e21: float, e32: float, order: float | None, swings: Three) -> str:
    """The kind of a convergence (see there)."""
    if order is None and not any(swings):
        return "equal"
    within = abs(e21) <= swings[0] + swings[1] or abs(e32) <= swings[1] + swings[2]
    if order is None or (any(swings) and within):
        return "masked"
    if order <= 0.0:
        return "divergent"
    return "monotone" if e21 * e32 >= 0 else "oscillatory"
