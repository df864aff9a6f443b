"""Numbers and limits of a row as the tables show them."""

from rehall.validation.outcome import Row

HEADINGS = ("case", "quantity", "ours", "reference", "difference", "limit", "ok")


def value(number: float, unit: str) -> str:
    """Six digits and the unit."""
    return f"{number:.6g} {unit}".rstrip()


def apart(difference: float, row: Row) -> str:
    """A difference with its sign, in per cent where the row is relative."""
    if row.relative:
        return f"{100 * difference:+.2g} %"
    return f"{difference:+.2g} {row.unit}".rstrip()


def held(row: Row) -> str:
    """Whether the limit holds, or a miss is larger than the known one."""
    if row.ok:
        return "yes"
    return "worse than known" if row.reason and not row.explained else "no"


def bound(size: float, row: Row) -> str:
    """A size of the difference, in per cent where the row is relative."""
    return f"{100 * size:.3g} %" if row.relative else f"{size:.3g} {row.unit}".rstrip()


def limit(row: Row) -> str:
    """What the difference may be."""
    size = bound(row.limit, row)
    if row.side == "both":
        return f"± {size}"
    return f"{size} {row.side}" if row.limit else f"not {row.side}"


def cells(row: Row) -> tuple[str, str, str, str, str]:
    """Quantity, ours, reference, difference and limit of a row."""
    return (
        row.name,
        value(row.ours, row.unit),
        value(row.reference, row.unit),
        apart(row.difference, row),
        limit(row),
    )
