"""Ctrl-C while something is waited for."""

import os
import signal

import pytest
import typer

from cli.asking import going_on
from cli.exits import INTERRUPTED


class ClearedAway:
    """Python drops what is raised here."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass


def wait_while_one_is_lost():
    with going_on("job_1", "foldline jobs wait job_1") as check:
        cleared = ClearedAway()
        del cleared
        check()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_is_lost_ends_the_wait_all_the_same(capsys):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(typer.Exit) as ended:
        wait_while_one_is_lost()
    assert ended.value.exit_code == INTERRUPTED
    assert capsys.readouterr().err == "job_1 goes on: foldline jobs wait job_1\n"
    assert signal.getsignal(signal.SIGINT) is before
