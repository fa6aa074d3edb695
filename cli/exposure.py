"""Who can reach a service, and whether it asks them for keys."""

import ipaddress
from collections.abc import Mapping

REQUIRE_KEYS = "FOLDLINE_REQUIRE_KEYS"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def with_keys_decided(environment: Mapping[str, str], host: str) -> dict[str, str]:
    """The environment of an API that listens there: keys are needed wherever others reach it.

    What the operator has said stays.
    """
    decided = "false" if is_loopback(host) else "true"
    return {REQUIRE_KEYS: decided} | dict(environment)
