"""The limits of the service."""

import re

from pydantic import Field, field_validator

from schemas.comma_lists import Networks
from schemas.root_path import RootPath
from storage.settings import StorageSettings

MEBIBYTE = 1024 * 1024
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
# As browsers write it; anything else would never match.
_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^\sA-Z/?#@]+")


class ServiceSettings(StorageSettings):
    """Settings of the service; from arguments or the environment (prefix ``FOLDLINE_``)."""

    require_keys: bool | None = Field(
        default=None,
        description="Whether requests need an API key, all but those for health and the pages. "
        "They do unless it is false, which the commands make it where the service listens on a "
        "loopback address and it has not been set.",
    )
    rate: float = Field(
        default=100.0, gt=0, description="Requests a second of a key that has no rate of its own."
    )
    burst: int = Field(default=200, ge=1, description="Requests of a key that may come at once.")
    max_points: int = Field(
        default=100_000,
        ge=2,
        description="Most points of one request: samples of a job, or x of an evaluation.",
    )
    max_body_bytes: int = Field(
        # 100,000 points in full precision take about 5 MB of JSON.
        default=16 * MEBIBYTE,
        ge=1024,
        description="Largest request body in bytes, more is answered with 413; and largest line, "
        "or item of JSON, of a batch.",
    )
    body_idle_s: float = Field(
        default=30.0,
        gt=0,
        description="Seconds without a byte after which the rest of a request body is waited for "
        "no longer, but answered with 408.",
    )
    max_batch_items: int = Field(
        default=10_000, ge=1, le=100_000, description="Most questions of one batch."
    )
    max_batch_bytes: int = Field(
        default=256 * MEBIBYTE, ge=1024, description="Largest body of a batch in bytes."
    )
    max_waiting: int = Field(
        default=100_000,
        ge=1,
        description="Most jobs that may wait for a worker; more are answered with 429.",
    )
    webhook_allow_networks: Networks = Field(
        default=[],
        description="Networks that webhooks may name addresses of though they are not public. The "
        "notifier reads the same setting: it has the last word.",
    )
    cors_origins: list[str] = Field(
        default=[],
        description="Origins whose scripts may use the API from a browser, as a JSON list.",
    )
    root_path: RootPath = Field(
        default="",
        description="The prefix below which a proxy offers the service, for example /foldline: it "
        "stands before every path of links and of the description. `X-Forwarded-Prefix` of a "
        "trusted proxy has the last word.",
    )
    trusted_proxies: Networks = Field(
        default="127.0.0.1,::1",
        validate_default=True,
        description="Addresses or networks of proxies whose `X-Forwarded-For`, `-Proto` and "
        "`-Prefix` are heeded, for example 10.0.0.0/8,fd00::/8.",
    )
    allowed_hosts: list[str] = Field(
        default=[],
        description="Names by which the service may be asked besides localhost and addresses, as a "
        "JSON list; by others it answers with 421. While the list is empty, every name is good "
        "where keys are needed, and none where they are not.",
    )

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is no origin: write scheme, host and port, in lower case and "
                    "without a path, as in https://app.example.org:8443"
                )
        return origins

    @field_validator("allowed_hosts")
    @classmethod
    def _are_names(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            if not _HOST_NAME.fullmatch(host):
                raise ValueError(
                    f"{host!r} is no name of a host: write it in lower case and alone, as in "
                    "foldline.example.org"
                )
        return hosts
