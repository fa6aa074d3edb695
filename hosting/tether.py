"""``python tether.py SIGNAL PARENT COMMAND...``: become COMMAND, and get SIGNAL when PARENT dies.

A program of its own, because the kernel ties the process that asks, and because nothing of ours
may run between fork and exec in a parent that may have threads. Linux only.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def tie(signal: int, parent: int) -> None:
    """Have this process get a signal when its parent dies; end it if it has died already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal)
    if os.getppid() != parent:  # it died before the call
        sys.exit(1)


def main() -> None:
    """Tie this process to its parent and replace it by the command."""
    tie(int(sys.argv[1]), int(sys.argv[2]))
    os.execv(sys.argv[3], sys.argv[3:])


if __name__ == "__main__":
    main()
