"""How the inlets change when the cells are halved: compares results folders of one case.

    rehall run configs/ai_hall.yaml --cell "0.3 m" --out out/coarse
    rehall run configs/ai_hall.yaml --cell "0.15 m" --out out/fine
    python validation/grid_halving.py out/coarse out/fine

Prints a Markdown table and fails if a rack's mean inlet moves by 1 K or more.
"""

import json
import sys
from pathlib import Path

LIMIT = 1.0
"""Largest change of a rack's mean inlet temperature [K]."""


def inlets(folder: Path) -> tuple[int, dict[str, tuple[float, float, float]]]:
    """Cells, and mean, highest inlet [degC] and amplitude [K] of every rack with air."""
    summary = json.loads((folder / "summary.json").read_text())
    if not summary["converged"]:
        raise SystemExit(f"{folder}: not converged: {'; '.join(summary['reasons'])}")
    rows = {
        row["name"]: (row["inlet_mean_c"], row["inlet_max_c"], row["inlet_amplitude_k"])
        for row in summary["racks"]
        if row["inlet_mean_c"] is not None
    }
    return summary["cells"], rows


def main(coarse: Path, fine: Path) -> int:
    """Print the table; 1 if a rack moves too far."""
    cells, before = inlets(coarse)
    finer, after = inlets(fine)
    print(f"| rack | mean at {cells:,} cells | mean at {finer:,} | change [K] | max, max | swing |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    worst = ("", 0.0)
    for name, (mean, high, _) in before.items():
        mean2, high2, swing = after[name]
        change = mean2 - mean
        worst = max(worst, (name, change), key=lambda pair: abs(pair[1]))
        print(
            f"| {name} | {mean:.2f} | {mean2:.2f} | {change:+.2f} "
            f"| {high:.2f}, {high2:.2f} | {swing:.2f} |"
        )
    print(f"\nLargest change: {worst[1]:+.2f} K at {worst[0]} (limit {LIMIT:g} K).")
    return int(abs(worst[1]) >= LIMIT)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
