"""Whether a service answers, whether it is ready, and which version it is."""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

from cli.checks.finding import Finding, Place, ok, skipped, wrong
from cli.options import DEFAULT_URL
from schemas.version import ENGINE_VERSION

TIMEOUT_S = 5.0


def look(place: Place) -> Finding:
    """Ask whether it is ready, and for its description."""
    url = place.url.rstrip("/")
    if not url.startswith(("http://", "https://")):
        return wrong(f"{url!r} must begin with http:// or https://")
    try:
        _get(f"{url}/readyz")
        version = _get(f"{url}/openapi.json")["info"]["version"]
    except urllib.error.HTTPError as error:
        return wrong(f"{url} answers {error.code}, {_detail(error)}")
    except (OSError, http.client.HTTPException) as error:
        if url == DEFAULT_URL:
            # Nobody need have said that there is one.
            return skipped(f"there is none at {url}")
        return wrong(f"{url} does not answer: {getattr(error, 'reason', error)}")
    except (ValueError, LookupError, TypeError):
        return wrong(f"what answers at {url} is no Foldline service")
    here = "" if version == ENGINE_VERSION else f", unlike this one, {ENGINE_VERSION}"
    return ok(f"{url} is ready, version {version}{here}")


def _get(url: str) -> Any:  # noqa: ANN401  # JSON
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
        return json.load(answer)


def _detail(error: urllib.error.HTTPError) -> str:
    """What it says, in its own words if it is ours."""
    try:
        return str(json.load(error)["detail"])
    except (ValueError, LookupError, TypeError):
        return error.reason
