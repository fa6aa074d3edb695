"""An object store for tests: moto's server, in a process of its own."""

import re
import secrets
import subprocess
import sys
import threading
import urllib.request
from typing import Self

REGION = "us-east-1"


class ObjectStore:
    """A server that speaks S3; a context manager that stops it."""

    def __init__(self) -> None:
        """Start it on a free port and wait for the line that says which."""
        # Not in our process: importing boto warns of things that are not ours.
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        log = self._process.stderr
        found = next(filter(None, (re.search(r"http://[\d.:]+", line) for line in log)))
        self.url = found[0]
        # It logs every request; a full pipe would stop it.
        self._reader = threading.Thread(target=lambda: [None for _ in log])
        self._reader.start()

    @property
    def environment(self) -> dict[str, str]:
        """What tells a process where it is, and lets it in."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "anybody",
            "AWS_SECRET_ACCESS_KEY": "anything",
            "AWS_REGION": REGION,
        }

    def new_bucket(self) -> str:
        """Make a bucket; returns its name."""
        name = f"bucket-{secrets.token_hex(4)}"
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/{name}", method="PUT")).close()
        return name

    def __enter__(self) -> Self:
        """It runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stderr.close()
