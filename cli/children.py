"""Child processes that do not outlive their parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO

_PR_SET_PDEATHSIG = 1
# Looked up before any fork: nothing may be loaded between fork and exec.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


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
        command: the program and its arguments.
        on_orphaned: what the child gets when this process dies without stopping it (Linux only).
        environment: its environment; this process's by default.
        log: where its output goes; this process's by default.
        keep_open: file descriptors it inherits.
    """
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=keep_open,
        start_new_session=True,
        preexec_fn=_tied_to_parent(on_orphaned),
    )


def stop(process: subprocess.Popen[bytes], *, patience_s: float) -> None:
    """Ask a process to leave, and kill it if it has not after ``patience_s``."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tied_to_parent(on_orphaned: signal.Signals) -> Callable[[], None] | None:
    libc = _LIBC
    if libc is None:
        return None
    parent = os.getpid()

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(on_orphaned))
        if os.getppid() != parent:  # it died before the call
            os.kill(os.getpid(), on_orphaned)

    return tie
