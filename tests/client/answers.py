"""Answers of the service, for tests that play it."""

from datetime import UTC, datetime

import httpx

NOW = datetime(2026, 1, 2, tzinfo=UTC).isoformat()
SUMMARY = {"count": 2, "x_min": 0, "x_max": 1, "y_min": 0, "y_max": 1, "sha256": "0" * 64}


def job(status="queued", **more):
    """A job as the service answers it."""
    links = {"self": "/v1/jobs/j", "events": "/v1/jobs/j/events", "model": None}
    return {
        "id": "j",
        "status": status,
        "name": None,
        "metadata": {},
        "samples": SUMMARY,
        "target": {},
        "options": {},
        "created_at": NOW,
        "finished_at": None if status in ("queued", "running") else NOW,
        "links": links,
        **more,
    }


def batch(total, **more):
    """A batch as the service answers it."""
    return {
        "id": "b",
        "status": "running",
        "name": None,
        "metadata": {},
        "webhook": None,
        "webhook_delivery": None,
        "counts": {"total": total, "refused": 0},
        "created_at": NOW,
        "finished_at": None,
        "refusals": [],
        "links": {"self": "/", "results": "/", "cancel": "/"},
        **more,
    }


def problem(status, kind="internal", detail="went wrong", errors=(), **headers):
    """An error as the service answers it."""
    document = {
        "type": f"urn:foldline:problem:{kind}",
        "title": "A title",
        "status": status,
        "detail": detail,
        "errors": list(errors),
    }
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["Content-Type"] = "application/problem+json"
    return httpx.Response(status, json=document, headers=headers)


class Scripted:
    """A handler that answers with one thing after the other, and keeps what it was sent.

    A thing is a response, an exception, or a document that makes a response of status 200.
    """

    def __init__(self, *things):
        self.things = list(things)
        self.requests = []
        self.bodies = []

    def __call__(self, request):
        self.requests.append(request)
        self.bodies.append(request.content)
        thing = self.things.pop(0)
        if isinstance(thing, Exception):
            raise thing
        if not isinstance(thing, httpx.Response):
            return httpx.Response(200, json=thing)
        if isinstance(thing.stream, Breaking):
            return thing
        # A response is good for one request only.
        return httpx.Response(thing.status_code, headers=thing.headers, content=thing.content)


class Breaking(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of which these pieces come, and then nothing any more."""

    def __init__(self, *pieces, error=None):
        self.pieces = pieces
        self.error = httpx.ReadError("cut") if error is None else error

    def __iter__(self):
        yield from self.pieces
        raise self.error

    async def __aiter__(self):
        for piece in self.pieces:
            yield piece
        raise self.error
