"""Exported programs of torch: made by a process of their own, because the service has no torch.

To load torch and to trace a network takes seconds and half a gigabyte, and hardly anybody asks for
it: the process ends when its program is made, and the last programs are kept.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import lru_cache

from schemas.errors import FoldlineError, Unavailable
from schemas.network import Network

# The program that makes them, by its name. -P: where we were started there may be a "worker".
COMMAND = (sys.executable, "-P", "-m", "worker.torch_network")
TIMEOUT_S = 120.0
KEPT = 64
# So many requests may wait for their program at once: each holds a thread of the service.
MOST_WAITING = 4

_room = threading.BoundedSemaphore(MOST_WAITING)
_one_at_a_time = threading.Lock()


class NotMade(FoldlineError):
    """The process did not make the program, for a reason of ours."""


def torch_program(network: Network, facts: Mapping[str, str]) -> bytes:
    """The ``.pt2`` file of a network.

    Args:
        network: the network.
        facts: what the file says of it.

    Raises:
        Unavailable: too many wait for theirs.
        NotMade: the process failed.
    """
    document = {"network": network.model_dump(mode="json"), "facts": dict(facts)}
    if not _room.acquire(blocking=False):
        raise Unavailable("export", "many programs are being made; try again in a few seconds")
    try:
        with _one_at_a_time:
            return _made(json.dumps(document).encode())
    finally:
        _room.release()


@lru_cache(maxsize=KEPT)
def _made(document: bytes) -> bytes:
    try:
        done = subprocess.run(
            COMMAND, input=document, capture_output=True, timeout=TIMEOUT_S, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise NotMade(f"no program after {TIMEOUT_S:g} s") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace")[-2000:]
        raise NotMade(f"exit status {error.returncode}: {said}") from error
    return done.stdout
