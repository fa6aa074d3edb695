"""The least an HTTP service in Python can do: uvicorn reads a body and answers 202.

python -m benchmarks._bare_uvicorn FD
"""

import json
import sys
from typing import Any

import uvicorn

_ANSWER = json.dumps({"id": "job_0", "status": "queued"}).encode()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401
    """An ASGI application."""
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_ANSWER)).encode()),
    ]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": _ANSWER})


if __name__ == "__main__":
    uvicorn.run(
        application, fd=int(sys.argv[1]), log_level="warning", access_log=False, lifespan="off"
    )
