"""Whether what the broker acknowledges outlives it, and a power failure: by its own settings."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis

from schemas.errors import Unavailable
from storage.connection import text, translated

logger = logging.getLogger(__name__)

# What each setting must be, and what happens where it is not.
_NEEDED = {
    "appendonly": ("yes", "jobs are lost when the broker ends"),
    "appendfsync": ("always", "a power failure loses the last jobs"),
    "maxmemory-policy": ("noeviction", "jobs are dropped when memory runs short"),
}


@dataclass(frozen=True)
class _Finding:
    """Whether the broker is durable, None if it does not say, and that in words."""

    is_durable: bool | None
    words: str


class Durability:
    """Looks at the broker's settings, and logs what it finds whenever that is new."""

    def __init__(self, connection: redis.Redis) -> None:
        """Use this connection; nothing is known yet."""
        self._redis = connection
        self._lock = threading.Lock()
        self._logged: _Finding | None = None

    def look(self) -> bool | None:
        """Whether the broker keeps what it acknowledges; None if it does not say."""
        try:
            found = _judge(self._settings())
        except Unavailable as error:
            logger.info("how the broker is set up could not be checked: %s", error)
            return None
        with self._lock:
            is_new, self._logged = found != self._logged, found
        if is_new:
            logger.log(logging.WARNING if found.is_durable is False else logging.INFO, found.words)
        return found.is_durable

    def risks(self) -> list[str]:
        """How it can lose what it acknowledges, as far as it tells; raises ``Unavailable``."""
        return _risks_of(self._settings())

    def _settings(self) -> Mapping[str, str]:
        """Those that matter; empty if the broker keeps them to itself, as managed ones do."""
        pipeline = self._redis.pipeline(transaction=False)
        # One by one: Redis before 7 takes one name at a time.
        for name in _NEEDED:
            pipeline.config_get(name)
        with translated():
            try:
                answers: list[Any] = pipeline.execute()
            except redis.ResponseError:
                return {}
        return {text(name): text(value) for answer in answers for name, value in answer.items()}


def _risks_of(settings: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is {settings[name]!r} and not {needed!r}: {consequence}"
        for name, (needed, consequence) in _NEEDED.items()
        if settings.get(name, needed) != needed
    ]


def _judge(settings: Mapping[str, str]) -> _Finding:
    if risks := _risks_of(settings):
        return _Finding(False, f"the broker does not keep what it accepts: {'; '.join(risks)}")
    if not settings.keys() >= _NEEDED.keys():
        return _Finding(None, "how the broker is set up could not be checked: it does not tell")
    return _Finding(True, "the broker keeps what it accepts")
