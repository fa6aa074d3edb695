"""Browsers and other origins: scripts of the pages named in the settings may use the API."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from service.problems import METHODS

# What a script cannot read unless it is named here.
EXPOSED = (
    "Location",
    "ETag",
    "X-Request-ID",
    "Retry-After",
    "Preference-Applied",
    "Idempotent-Replayed",
)


def allow_origins(app: FastAPI, origins: Sequence[str]) -> None:
    """Let scripts from these origins read answers; with none, browsers let only ours.

    Without credentials: a browser sends no cookies, so that nobody's page acts in another's name.
    """
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=["*"],
            allow_credentials=False,
            expose_headers=EXPOSED,
        )
