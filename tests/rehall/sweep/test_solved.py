"""Variants of the starter hall through the whole of it, against runs of the same cases."""

import csv
import os
import signal
import time
from contextlib import contextmanager
from threading import Thread

import numpy as np
import pytest

from rehall.simulate import simulate_on
from rehall.summary import summarise
from rehall.sweep import study as study_module
from rehall.sweep.rows import cooling_power
from rehall.sweep.solving import levels_of, read_solved
from rehall.sweep.spread import client_of
from rehall.sweep.study import Asked, plan, sweep
from rehall.sweep.variants import groups_of
from rehall.sweep.work import air_path

pytestmark = pytest.mark.slow

VARY = ("FW1.supply = 20 degC, 23 degC", "A04 = present, absent")


def test_variant_agrees_with_a_run_of_its_case(command, hall, hall_text, tmp_path):
    """The one that is furthest from the first, which alone starts from still air."""
    (tmp_path / "hall.yaml").write_text(hall_text)
    words = [word for text in VARY for word in ("--vary", text)]
    code, said = command("sweep", "hall.yaml", *words, "--jobs", "1", "--out", "out")
    assert code == 0, said
    with (tmp_path / "out" / "sweep.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["started_from"] for row in rows].count("") == 1
    (row,) = (row for row in rows if row["FW1.supply"] == "23 degC" and row["A04"] == "absent")
    assert row["started_from"] != ""

    every = plan(hall, Asked(VARY)).variants
    (group,) = groups_of(every, None)
    one = every[int(row["number"])]
    solution = simulate_on(one.case, levels_of(one.case, group.halls, None))
    found = summarise(solution)
    assert [rack["name"] for rack in found["racks"]] == ["A01", "A02", "A03"]
    for rack in found["racks"]:
        for key in ("inlet_mean_c", "inlet_max_c"):
            there = float(row[f"racks.{rack['name']}.{key}"])
            assert there == pytest.approx(rack[key], abs=0.2), rack["name"]
    assert row["verdict"] == found["verdict"]
    metrics = found["metrics"]
    losses = metrics["losses_in_hall_kw"] + metrics["losses_elsewhere_kw"]
    cooling = metrics["utility_kw"] - metrics["it_kw"] - losses
    assert cooling_power(found) == pytest.approx(cooling, rel=1e-6)
    assert float(row["cooling_kw"]) == pytest.approx(cooling, rel=2e-3)

    near = read_solved(air_path(tmp_path / "out" / "variants", one.number))
    assert near.is_on(levels_of(every[0].case, group.halls, None))
    assert not near.is_on(levels_of(every[0].case, group.halls, 0.5))
    np.testing.assert_allclose(near.states[-1].T.max(), solution.air.state.T.max(), atol=0.5)


def test_process_that_is_killed_loses_no_variant(hall, tmp_path, monkeypatch):
    clients, killed = [], []

    @contextmanager
    def noted(scheduler, jobs):
        with client_of(scheduler, jobs) as client:
            clients.append(client)
            yield client

    def kill_one():
        """Of the processes, as soon as it solves."""
        for _ in range(1000):
            busy = [at for at, keys in clients[0].processing().items() if keys]
            if busy:
                os.kill(pids[busy[0]], signal.SIGKILL)
                killed.append(busy[0])
                return
            time.sleep(0.01)

    def tell(done, planned):
        if done == 2 and not threads:
            pids.update(clients[0].run(os.getpid))
            threads.append(Thread(target=kill_one))
            threads[0].start()

    threads, pids = [], {}
    monkeypatch.setattr(study_module, "client_of", noted)
    asked = Asked(("FW1.supply = 20 degC:25 degC:6",), jobs=2)
    planned = plan(hall, asked)
    swept = sweep(planned, tmp_path, asked, tell)
    threads[0].join()
    assert len(killed) == 1
    assert [row["verdict"] for row in swept.rows].count("unsolved") == 0
    assert swept.computed == 6
    inlets = [row["max_inlet_c"] for row in swept.rows]
    np.testing.assert_allclose(np.diff(inlets), 1.0, atol=0.2)
    assert sweep(planned, tmp_path, asked).computed == 0
