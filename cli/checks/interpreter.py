"""Whether this Python will do."""

import platform
import sys

from cli.checks.finding import Finding, Place, ok, wrong

OLDEST = (3, 11)


def look(_: Place) -> Finding:
    """Compare its version with the oldest that will do."""
    detail = f"{platform.python_version()} at {sys.executable}"
    return ok(detail) if sys.version_info >= OLDEST else wrong(detail)
