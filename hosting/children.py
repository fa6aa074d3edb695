"""Child processes that do not outlive their parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import IO

from hosting import tether


def start(
    command: Sequence[str],
    *,
    on_orphaned: signal.Signals = signal.SIGKILL,
    environment: Mapping[str, str] | None = None,
    log: IO[bytes] | None = None,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own.

    Its own session, because Ctrl-C in a terminal reaches every process of the session: the parent
    decides who stops when.

    Args:
        command: the program, with its full path, and its arguments.
        on_orphaned: what the child gets when this thread ends without stopping it (Linux only).
        environment: its environment; this process's by default.
        log: where its output goes; this process's by default.
        keep_open: file descriptors it inherits.
    """
    tied: list[str] = []
    if sys.platform == "linux":
        # Neither the user's Python settings nor site packages: it only has to be quick.
        tied = [sys.executable, "-I", "-S", tether.__file__, str(int(on_orphaned))]
        tied.append(str(os.getpid()))
    return subprocess.Popen(
        [*tied, *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=keep_open,
        start_new_session=True,
    )


def stop(processes: Sequence[subprocess.Popen[bytes]], *, patience_s: float) -> None:
    """Ask processes to leave, all at the same time, and kill those that are too slow."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + patience_s
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
