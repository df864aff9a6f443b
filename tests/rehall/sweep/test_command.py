"""The command, with processes that solve nothing, and what stands in the case."""

import json
from contextlib import contextmanager

import pytest
from distributed import Client, LocalCluster

from geometry.errors import InputError
from rehall.cli_sweep import asked_of
from rehall.results import write_text
from rehall.sweep import study as study_module
from rehall.sweep.work import told_path

PORT = "127.0.0.1:0"
STUDY = """\
study:
  vary:
    FW1.supply: 20 degC:24 degC
    A.count: 2, 4
  sample: lhs
  count: 4
  seed: 3
"""


def told(number, verdict="pass"):
    """What a variant tells, with numbers that only its number makes."""
    rack = {"name": "A01", "inlet_max_c": 20.0 + number, "inlet_mean_c": 20.0}
    limit = {"name": "rack_inlet_max", "where": "A01", "value": 20.0 + number, "limit": 27.0}
    unit = {"name": "FW1", "fan_kw": 5.0 - number}
    return {
        "verdict": verdict,
        "reasons": [],
        "limits": [limit | {"holds": True}],
        "racks": [rack],
        "cooling_units": [unit],
        "metrics": {"pue": 1.1, "utility_kw": 40.0, "energy_cost_per_year": None},
    } | {name: [] for name in ("cdus", "openings", "facilities")}


@pytest.fixture(scope="module")
def threads():
    """A client of Dask whose one process is this one."""
    with (
        LocalCluster(1, processes=False, threads_per_worker=1, dashboard_address=PORT) as here,
        Client(here) as client,
    ):
        yield client


@pytest.fixture
def worked(monkeypatch, tmp_path, threads):
    """Solve nothing, in threads of Dask; a function that gives the variants and their starts."""
    asked = tmp_path / "asked"

    def work(job):
        with asked.open("a") as file:
            file.write(json.dumps([job.number, job.start]) + "\n")
        if job.case.site.altitude == 3000.0:
            raise MemoryError("the air is thin")
        summary = {"summary": told(job.number), "reason": "", "usable": True}
        text = json.dumps(summary | {"wall_s": 1.0, "start": job.start})
        write_text(told_path(job.folder, job.number), text)
        return True

    @contextmanager
    def client_of(scheduler, jobs):
        yield threads

    monkeypatch.setattr(study_module, "work", work)
    monkeypatch.setattr(study_module, "client_of", client_of)
    return lambda: [tuple(json.loads(line)) for line in asked.read_text().splitlines()]


@pytest.fixture
def path(hall_text, tmp_path):
    (tmp_path / "hall.yaml").write_text(hall_text)
    return tmp_path / "hall.yaml"


def test_sweep_prints_its_variants_and_solves_none_again(command, worked, path, tmp_path):
    words = ["sweep", str(path), "--vary", "FW1.supply = 20 degC:24 degC:3", "--out", "out"]
    words += ["--vary", "A.count = 4, 40", "--jobs", "1"]
    code, said = command(*words)
    assert code == 0, said
    assert worked() == [(2, None), (0, 2), (4, 2)]
    assert "hall: 6 variants, 3 pass, 3 unsolved; 3 solved now" in said
    assert "Best: 4 (FW1.supply = 24.0 degC, A.count = 4)" in said
    assert "less cooling and more margin: 4 (1.0 kW, 11.1 %), 2 (3.0 kW, 18.5 %)" in said
    assert "1 is unsolved: A09: reaches out of the hall by 0.600 m at +x; " in said
    assert "; and 29 more" in said
    assert "23.2 degC" not in said
    (tmp_path / "out" / "variants" / "00004.json").unlink()
    code, said = command(*words)
    assert code == 0, said
    assert worked()[3:] == [(4, 2)]
    assert "goes on with the variants" in said
    assert "1 solved now" in said
    code, said = command(*words)
    assert worked()[4:] == []
    assert "0 solved now" in said


def test_variant_that_cannot_be_solved_is_a_row_with_its_reason(command, worked, path, tmp_path):
    vary = "site.altitude = 0 m, 3000 m, 100 m"
    code, said = command("sweep", str(path), "--vary", vary, "--jobs", "1", "--out", "out")
    assert code == 0, said
    assert "1 is unsolved: MemoryError: the air is thin" in said
    counts = json.loads((tmp_path / "out" / "sweep.json").read_text())["counts"]
    assert (counts["pass"], counts["unsolved"]) == (2, 1)


def test_file_that_does_not_arrive_is_told(command, worked, path, monkeypatch):
    monkeypatch.setattr(study_module, "work", lambda job: True)
    _, said = command("sweep", str(path), "--vary", "site.altitude = 0 m", "--out", "out")
    assert "its file is not in the folder" in said


def test_study_of_the_case_is_swept_where_nothing_else_is_varied(case_of, hall_text):
    case = case_of(hall_text + STUDY)
    asked = asked_of(case, (), None, None, None)
    assert asked.vary == ("FW1.supply = 20 degC:24 degC", "A.count = 2, 4")
    assert (asked.sample, asked.count, asked.seed) == ("lhs", 4, 3)
    asked = asked_of(case, (), "sobol", 8, 0)
    assert (asked.sample, asked.count, asked.seed) == ("sobol", 8, 0)
    asked = asked_of(case, ("A.power = 8 kW",), None, None, None)
    assert asked.vary == ("A.power = 8 kW",)
    assert (asked.sample, asked.count, asked.seed) == ("grid", None, 0)


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ("vari: {A.count: 4}", "study.vari: unknown key; did you mean 'vary'?"),
        ("sample: sobbol", "study.sample: found 'sobbol', wanted one of 'grid', 'list', 'lhs'"),
        ("count: 0", "study.count: found 0, wanted at least 1"),
        ("seed: -1", "study.seed: found -1, wanted at least 0"),
        ("vary: {A.count: 4}", "study.vary.A.count: found 4, wanted text"),
    ],
)
def test_mistake_in_the_study_of_a_case_is_told_at_its_line(case_of, hall_text, mistake, told):
    with pytest.raises(InputError, match=r"case.yaml:\d+") as caught:
        case_of(f"{hall_text}study:\n  {mistake}\n")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "nothing is varied"),
        (("--vary", "A.count = 2", "--sample", "lsh"), "--sample: found 'lsh'; did you mean 'lhs'"),
        (("--vary", "A.count = 2:4", "--sample", "sobol"), "--count: wanted the number of points"),
        (("--vary", "FX1.supply = 20 degC"), "did you mean 'FW1'"),
        (("--vary", "A.count = 2", "--cell", "3 kg"), "--cell: found '3 kg'"),
        (("--vary", "A.count = 2", "--jobs", "0"), "--jobs"),
    ],
)
def test_mistake_of_the_command_is_one_message(command, path, tmp_path, words, told):
    code, said = command("sweep", str(path), "--out", "out", *words)
    assert code == 2
    assert told in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()
