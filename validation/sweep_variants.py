"""64 variants of the AI hall by one sweep, beside single runs of some of them.

    python -P validation/sweep_variants.py [FOLDER]

8 supply temperatures of its fan walls times 8 flows. The sweep is one command; a folder keeps what
it has solved, and a sweep that goes on from there is not timed. Prints a row a figure. Single runs
are commands too, whose programs are compiled before, each alone on the machine and without
pictures.
"""

import csv
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

CASE = Path(__file__).parents[1] / "configs" / "ai_hall.yaml"
GIVEN = "supply: 22 degC, air_flow: 12 m3/s"
"""What the case gives its fan walls."""
SUPPLIES = [18, 19, 20, 21, 22, 23, 24, 25]
FLOWS = [10.5, 11, 11.5, 12, 12.5, 13, 13.5, 14]
ALONE = ((0, 0), (2, 5), (5, 2), (7, 7))
"""Variants that are run alone, as places among supplies and flows."""


def command(*words: str) -> float:
    """Run a command of the project; its wall time [s]."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "rehall.cli", *words], capture_output=True)
    if done.returncode not in (0, 3):  # 3: solved, and not to be trusted in everything
        raise SystemExit(f"rehall {' '.join(words)} ended with {done.returncode}: {done.stderr!r}")
    return time.perf_counter() - began


def inlets(summary: dict) -> dict[str, float]:
    """Highest inlets of all racks of a single run [degC]."""
    racks = summary["racks"]
    return {r["name"]: r["inlet_max_c"] for r in racks if r["inlet_max_c"] is not None}


def main(folder: Path) -> None:
    """Sweep, then run some alone."""
    table = csv.writer(sys.stdout)
    many, told = len(SUPPLIES) * len(FLOWS), "variants of ai_hall, 0.3 m cells"
    fresh = not (folder / "sweep").exists()
    varied = (
        "FW*.supply = " + ", ".join(f"{T} degC" for T in SUPPLIES),
        "FW*.air_flow = " + ", ".join(f"{q:g} m3/s" for q in FLOWS),
    )
    words = [word for text in varied for word in ("--vary", text)]
    swept = command("sweep", str(CASE), *words, "--cell", "0.3", "--out", str(folder / "sweep"))
    with (folder / "sweep" / "sweep.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == many, f"{len(rows)} rows of {many} variants"
    solved = sum(row["verdict"] != "unsolved" for row in rows)
    table.writerow((f"{many} {told}, that have a solution", solved))

    walls, apart = [], []
    for n, (k, m) in enumerate(ALONE):
        case = folder / f"alone{n}.yaml"
        text = CASE.read_text(encoding="utf-8")
        new = f"supply: {SUPPLIES[k]} degC, air_flow: {FLOWS[m]:g} m3/s"
        case.write_text(text.replace(GIVEN, new), encoding="utf-8")
        given = ("run", str(case), "--cell", "0.3", "--no-pictures", "--out")
        if n == 0:
            command(*given, str(folder / "compiled"))
        walls.append(command(*given, str(folder / f"alone{n}")))
        summary = json.loads((folder / f"alone{n}" / "summary.json").read_text())
        row = rows[len(FLOWS) * k + m]
        found = {name: float(row[f"racks.{name}.inlet_max_c"]) for name in inlets(summary)}
        apart.append(max(abs(found[name] - T) for name, T in inlets(summary).items()))
        verdicts = f"{row['verdict']} by the sweep, {summary['verdict']} alone"
        what = f"variant {SUPPLIES[k]} degC {FLOWS[m]:g} m3/s of ai_hall ({verdicts})"
        table.writerow((f"{what}, inlets apart by [K]", f"{apart[-1]:.3f}"))
    mean = sum(walls) / len(walls)
    table.writerow((f"single run of {told} [s]", f"{mean:.1f}"))
    if fresh:
        table.writerow((f"{many} {told}, a variant over a single run [-]", swept / many / mean))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as made:
            main(Path(made))
