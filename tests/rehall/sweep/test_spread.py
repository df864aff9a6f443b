"""The order in which variants are solved, with processes that solve nothing."""

import itertools

import pytest

from geometry.errors import InputError, ProjectError
from rehall.sweep import spread as spread_module
from rehall.sweep.spread import Queue, client_of, spread


class Future:
    def __init__(self, key, found, error=None, cancelled=False):
        self.key, self.found, self.error, self.gone = key, found, error, cancelled

    def cancelled(self):
        return self.gone

    def exception(self):
        return self.error

    def result(self):
        return self.found


class Client:
    """So many processes; each does what it is given at once, in the order of submission."""

    def __init__(self, processes):
        self.processes, self.submitted, self.numbers = processes, [], itertools.count()
        self.most = 0

    def nthreads(self):
        return {f"worker {n}": 1 for n in range(self.processes)}

    def submit(self, work, job, pure):
        assert not pure
        self.submitted.append(job)
        try:
            return Future(next(self.numbers), work(job))
        except Exception as error:
            return Future(next(self.numbers), None, error)


@pytest.fixture
def solve(monkeypatch):
    """Return a function: order and starts of queues, and what each variant ended with."""

    def run(queues, processes=1, work=lambda job: True):
        client, waiting = Client(processes), []

        class Completed:
            def add(self, future):
                waiting.append(future)
                client.most = max(client.most, len(waiting))

            def __next__(self):
                return waiting.pop(0)

        monkeypatch.setattr(spread_module, "as_completed", Completed)
        job = lambda n, one, start: (n, one.number, start)  # noqa: E731
        ended = [(one.number, reason) for one, reason in spread(client, queues, job, work)]
        return client.submitted, ended, client.most

    return run


def test_middle_one_is_first_and_then_always_the_nearest_to_one_that_is_solved(solve, variant):
    line = [variant(n, at) for n, at in enumerate((0.0, 0.2, 0.5, 0.7, 1.0))]
    order, _, _ = solve([Queue(line, [])])
    assert order == [(0, 2, None), (0, 3, 2), (0, 1, 2), (0, 0, 1), (0, 4, 3)]


def test_those_that_are_solved_already_are_starts(solve, variant):
    order, _, _ = solve([Queue([variant(1, 0.9), variant(2, 0.3)], [variant(0, 0.0)])])
    assert order == [(0, 2, 0), (0, 1, 2)]


def test_first_of_a_queue_takes_longest_and_is_begun_before_others_go_on(solve, variant):
    queues = [Queue([variant(1, 0.9)], [variant(0, 0.0)]), Queue([variant(10, 0.0)], [])]
    order, _, _ = solve(queues)
    assert order == [(1, 10, None), (0, 1, 0)]


def test_first_of_each_queue_is_alone_in_it_and_then_every_process_has_one(solve, variant):
    queues = [Queue([variant(10 * q + n, n / 4) for n in range(5)], []) for q in range(2)]
    order, ended, most = solve(queues, processes=4)
    assert order[:2] == [(0, 2, None), (1, 12, None)]
    assert all(start is not None and start // 10 == q for q, _, start in order[2:])
    assert sorted(number for number, _ in ended) == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
    assert most == 4


def test_variant_without_an_end_is_no_start_and_loses_no_other(solve, variant):
    def work(job):
        if job[1] == 1:
            raise MemoryError("no room")
        return job[1] != 2

    line = [variant(n, at) for n, at in enumerate((0.0, 0.5, 0.6, 1.0))]
    order, ended, _ = solve([Queue(line, [])], work=work)
    assert order == [(0, 1, None), (0, 2, None), (0, 0, None), (0, 3, 0)]
    assert dict(ended) == {0: "", 1: "MemoryError: no room", 2: "", 3: ""}


def test_scheduler_that_is_gone_ends_the_sweep(solve, variant, monkeypatch):
    monkeypatch.setattr(Future, "cancelled", lambda self: True)
    with pytest.raises(ProjectError, match="scheduler is gone"):
        solve([Queue([variant(0, 0.0)], [])])


def test_scheduler_that_does_not_answer_is_refused(monkeypatch):
    monkeypatch.setattr(spread_module, "WAIT", 0.2)
    with pytest.raises(InputError, match="no Dask scheduler answers at"), client_of("here:1", 1):
        pass
