"""What was accepted is done once, whatever dies, sleeps or leaves meanwhile.

``FOLDLINE_FAULT_JOBS`` and ``FOLDLINE_FAULT_PAUSE_S`` make these larger: see ``make faults``.
"""

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from storage.archives import unpack
from tests.faults import engine
from tests.faults.crowd import Crowd, X
from tests.served import Served, all_descendants, descendants
from tests.waiting import HANGS_AFTER_S, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

JOBS = int(os.environ.get("FOLDLINE_FAULT_JOBS", "50"))
PAUSE_S = float(os.environ.get("FOLDLINE_FAULT_PAUSE_S", "3"))
# So many more are asked at once, that as many are still in flight when the first have ended.
MORE = 25
AWAY_S = 10.0
# Silence that is taken for death; a machine that is only slow does not keep the living from a word.
LOST_AFTER_S = 5
WORKERS = 2
# What a worker has at once: a fit, and another that it is putting away; all of them together.
IN_HAND = 2
ALL_IN_HAND = WORKERS * IN_HAND


def pids(served, *roles):
    """The processes of these kinds, and all that hang on them."""
    children = descendants(served.process.pid).items()
    return [pid for child, role in children if role in roles for pid in all_descendants(child)]


def workers(served):
    """RQ's workers; what fits hangs on them."""
    children = descendants(served.process.pid).items()
    return [pid for child, role in children if role == "worker" for pid in descendants(child)]


def send(served, number, *roles):
    """Send a signal to all processes of these kinds, at once."""
    for pid in pids(served, *roles):
        # One may just have ended, of the last signal.
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def kill(*roles):
    """Kills all processes of these kinds, at once."""
    return lambda served, _: send(served, signal.SIGKILL, *roles)


def kill_one_worker(served, _):
    os.kill(workers(served)[0], signal.SIGKILL)


def freeze_a_worker(served, crowd):
    """Longer than its silence is taken for life, so that others take its jobs over."""
    frozen = all_descendants(workers(served)[0])
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(PAUSE_S)
    until(lambda: crowd.figure("foldline_losses_total"))
    for pid in frozen:
        os.kill(pid, signal.SIGCONT)


def freeze(role):
    """Nobody gets an answer from processes of this kind, and no connection breaks."""

    def do(served, _):
        send(served, signal.SIGSTOP, role)
        time.sleep(PAUSE_S)
        send(served, signal.SIGCONT, role)

    return do


def keep_the_broker_away(served, _):
    """Connections break, and for a while there is nobody to connect to."""
    back_at = time.monotonic() + AWAY_S
    while time.monotonic() < back_at:
        send(served, signal.SIGKILL, "valkey-server")
        time.sleep(0.02)


def restart_the_workers(served, _):
    """One after the other, as an operator would."""
    for pid in workers(served):
        os.kill(pid, signal.SIGTERM)
        until(lambda pid=pid: pid not in workers(served))


def fill_the_store(served, crowd):
    """Until somebody has felt it, who writes there can write only so much; logs are no files."""
    writers = pids(served, "worker", "cli.api")

    def limit(size):
        for pid in writers:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    limit(100)
    until(lambda: crowd.figure('foldline_jobs_ended_total{status="failed"}'))
    limit(resource.RLIM_INFINITY)


# Each with how many attempts it may cut short at most; None where that depends on the pause.
HARMS = {
    "a worker is killed": (kill_one_worker, IN_HAND),
    "all workers are killed": (kill("worker"), ALL_IN_HAND),
    "the API is killed": (kill("cli.api"), 0),
    "the broker is killed": (kill("valkey-server"), ALL_IN_HAND),
    "the notifier is killed": (kill("notifier"), 0),
    "all are killed": (kill("worker", "cli.api", "valkey-server", "notifier"), ALL_IN_HAND),
    "a worker is frozen and wakes up": (freeze_a_worker, IN_HAND),
    "the broker is frozen and wakes up": (freeze("valkey-server"), None),
    "the API is frozen and wakes up": (freeze("cli.api"), 0),
    "the notifier is frozen and wakes up": (freeze("notifier"), 0),
    "the broker is away for ten seconds": (keep_the_broker_away, None),
    "the workers are restarted one by one": (restart_the_workers, 0),
}


@dataclass
class Place:
    """Where one crowd after the other asks: a service, its files, and what came of them so far.

    Attributes:
        directory: of its data, and of the gate that its fits wait for.
        crowds: how many have asked.
        jobs: those that earlier ones asked alone.
        models: what earlier ones left in the store.
    """

    directory: Path
    crowds: int = 0
    jobs: list = field(default_factory=list)
    models: set = field(default_factory=set)

    @property
    def data(self):
        return self.directory / "data"

    @property
    def gate(self):
        """A file: until it exists, fits take a moment longer, or wait."""
        return self.directory / "gate"

    def close_gate(self):
        for path in self.directory.glob("gate*"):
            path.unlink()

    def start(self, *, log=None):
        """Start everything; or start it again."""
        environment = {
            "ENGINE": "tests.faults.engine",
            "GATE": str(self.gate),
            "FOLDLINE_WORKER_LOST_AFTER_S": str(LOST_AFTER_S),
            # What is begun is ended, however long it takes, by those who are asked to leave.
            "FOLDLINE_WORKER_GRACE_S": str(HANGS_AFTER_S),
            # What a notifier has claimed is due again after twice the time that a receiver has.
            "FOLDLINE_WEBHOOK_TIMEOUT_S": "3",
        }
        how = {"module": "tests.engines.foldline", "environment": environment, "log": log}
        return Served(self.data, "--workers", str(WORKERS), **how)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A service that outlives what is done to it, for one test after the other."""
    place = Place(tmp_path_factory.mktemp("shared"))
    served = place.start()
    yield place, served
    assert served.stop() == 0


@pytest.fixture
def own(tmp_path):
    """``own()``: a service of this test alone, as often as it is started."""
    place, started = Place(tmp_path), []

    def start(*, log=None):
        started.append(place.start(log=log))
        return place, started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            assert served.stop() == 0


def do_harm(place, served, harm, *, at_rest=False, seeds=None):
    """Do harm to a service that many use; returns who asked, and the jobs once all ended.

    In the middle of the flow of answers, or, if it is to be ``at_rest``, while none can come.
    """
    place.close_gate()
    crowd = Crowd(served, JOBS + MORE, place=place.crowds, seeds=seeds)
    place.crowds += 1

    def in_the_middle():
        found = crowd.figures()
        # Fits are in progress, and no process is still on its way to its first.
        all_fit = found.running >= WORKERS and found.ended >= WORKERS
        return all_fit and found.waiting + found.running >= JOBS and crowd.is_asking()

    until(in_the_middle)
    if not at_rest:
        place.gate.with_suffix(".flow").touch()
    harm(served, crowd)
    place.gate.touch()
    crowd.have_enough()
    until(crowd.ended)
    return crowd, {number: crowd.get(f"/v1/jobs/{job}") for number, job in crowd.accepted.items()}


def check(place, crowd, jobs):
    """All ended once, with what belongs to it, and there is nothing else.

    The receiver is told of each once, or again the same under the same id.
    """
    told = {f"msg_{job['id']}_{job['status']}" for job in jobs.values()}
    told |= {f"msg_{batch}_completed" for batch in crowd.told_batches}
    until(lambda: len(crowd.receiver.told) >= len(told))
    crowd.receiver.leave()
    assert set(crowd.receiver.told) == told
    assert {len(bodies) for bodies in crowd.receiver.told.values()} == {1}
    place.jobs += [jobs[number]["id"] for number in crowd.singles]
    assert sorted(crowd.listed()) == sorted(place.jobs)
    for batch, total in crowd.batches.items():
        counts = crowd.get(f"/v1/batches/{batch}")["counts"]
        ended = counts["succeeded"] + counts["failed"] + counts["cancelled"]
        assert counts["total"] == ended == total
    assert len(jobs) == sum(crowd.batches.values()) + len(crowd.singles)
    # Each is counted with the state it ended in; a second end would be counted, too.
    assert crowd.figures().ended == len(jobs)
    assert not any(job["cached"] for job in jobs.values())
    models = {n: job["model_id"] for n, job in jobs.items() if job["status"] == "succeeded"}
    for number, model in models.items():
        check_model(crowd, number, model)
    cancelled = sum(job["status"] == "cancelled" for job in jobs.values())
    place.models |= set(models.values())
    place.models |= check_files(place.data, place.models, most_more=cancelled)


def check_model(crowd, number, model_id):
    """Every part of a model can be had, and is of the answer to this question."""
    place = f"/v1/models/{model_id}"
    model, network, table = (crowd.get(place + part) for part in ("", "/network", "/breakpoints"))
    assert model["met"]
    widths = [len(layer["bias"]) for layer in network["layers"]]
    assert [1, *widths] == model["architecture"]["layer_widths"]
    rows = crowd.get_text(f"{place}/breakpoints?format=csv").splitlines()
    assert len(rows) - 1 == len(table["x"]) == model["segments"] + 1
    error = np.abs(np.interp(X, table["x"], table["y"]) - crowd.values(number)).max()
    certificate = model["certificate"]
    assert error <= certificate["max_abs_error"] + certificate["table_deviation"] + 1e-12


def check_files(data_dir, models, *, most_more):
    """The store has each model once, whole, and parts of files only from those who were killed.

    A job may be cancelled when its model is there already: then there are so many more at most,
    which are returned.
    """
    found = {path.stem for path in (data_dir / "models/default").glob("[!.]*")}
    assert models <= found
    assert len(found - models) <= most_more
    for path in (data_dir / "models/default").glob("[!.]*"):
        unpack(path.read_bytes())
    for path in data_dir.glob("*/default/.*"):
        writer = path.name.split(".")[-2]
        assert not Path("/proc", writer).exists(), f"{path} was forgotten"
    return found - models


def succeeded(jobs):
    """Whether all of these jobs have succeeded."""
    return {job["status"] for job in jobs} == {"succeeded"}


@pytest.mark.parametrize(("harm", "most_cut_short"), HARMS.values(), ids=HARMS)
def test_nothing_accepted_is_lost_when(shared, harm, most_cut_short):
    place, served = shared
    crowd, jobs = do_harm(place, served, harm)
    assert succeeded(jobs.values())
    if most_cut_short is not None:
        assert sum(job["attempts"] - 1 for job in jobs.values()) <= most_cut_short
    check(place, crowd, jobs)


def test_questions_that_end_their_process_fail_after_three_attempts_and_the_others_go_on(shared):
    place, served = shared
    seeds = {3: engine.DIE, 5: engine.TAKE_ALL_MEMORY}
    crowd, jobs = do_harm(place, served, lambda served, crowd: None, seeds=seeds)
    for number in seeds:
        job = jobs[number]
        assert (job["status"], job["attempts"]) == ("failed", 3)
        assert job["problem"]["type"].endswith("worker-lost")
    assert "ran out of memory" in jobs[5]["problem"]["detail"]
    assert succeeded(job for number, job in jobs.items() if number not in seeds)
    check(place, crowd, jobs)


def test_a_job_that_is_cancelled_ends_once_and_the_others_go_on(shared):
    place, served = shared
    asked = []

    def cancel_some(_, crowd):
        asked.extend(crowd.cancel(every=2))

    crowd, jobs = do_harm(place, served, cancel_some, at_rest=True)
    ends = {job["id"]: job["status"] for job in jobs.values()}
    assert "cancelled" in {ends[job_id] for job_id in asked} <= {"cancelled", "succeeded"}
    assert succeeded(job for job in jobs.values() if job["id"] not in asked)
    check(place, crowd, jobs)


def test_nothing_accepted_is_lost_when_everything_is_stopped_and_started(own):
    place, served = own()

    def restart(served, crowd):
        assert served.stop() == 0
        crowd.move_to(own()[1])

    crowd, jobs = do_harm(place, served, restart)
    assert succeeded(jobs.values())
    assert {job["attempts"] for job in jobs.values()} == {1}
    check(place, crowd, jobs)


def test_what_finds_no_room_fails_and_says_so_and_the_others_go_on(own):
    place, served = own(log=subprocess.DEVNULL)
    crowd, jobs = do_harm(place, served, fill_the_store)
    failed = [job for job in jobs.values() if job["status"] == "failed"]
    assert 0 < len(failed) < len(jobs)
    assert {(job["problem"]["status"], job["attempts"]) for job in failed} == {(507, 1)}
    assert succeeded(job for job in jobs.values() if job not in failed)
    check(place, crowd, jobs)
