"""Runs one command and prints its seconds, its processor's seconds and its peak memory as JSON.

    python -I -S benchmarks/_launch.py LINE COMMAND [ARGUMENT ...]

A small process of its own, because the system counts the memory of whoever starts a process as that
process's, too. LINE goes to the command's standard input; the seconds end with the first line of
its output that does not begin as one of progress does, or with the command if LINE is empty.
"""

import json
import resource
import subprocess
import sys
import time

PROGRESS = b'{"progress"'
# Kilobytes, but on macOS bytes.
UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Run it."""
    line, *command = sys.argv[1:]
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if line:
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            while process.stdout.readline().startswith(PROGRESS):
                pass
            seconds = time.perf_counter() - began
        process.communicate()
    if not line:
        seconds = time.perf_counter() - began
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * UNIT
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
