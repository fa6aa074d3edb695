"""The list of models in Redis: their order, and what lists are filtered by."""

from collections.abc import Sequence
from typing import Any

import redis

from schemas.models import ModelFacts, ModelFilter
from storage import keys
from storage.connection import text, translated
from storage.indexes import owner, wanted_page
from storage.ports import ANY_MODEL

# Models that are looked at for one page, and at once.
MOST_LOOKED_AT, STRETCH = 10_000, 500


class RedisModelList:
    """A ``ModelList`` in Redis."""

    def __init__(self, connection: redis.Redis, *, tenant: str | None = None) -> None:
        """Use this connection, which must not decode responses; without a tenant for no list."""
        self._redis = connection
        self._tenant = tenant

    def of(self, tenant: str) -> "RedisModelList":
        """The list of one tenant."""
        return RedisModelList(self._redis, tenant=tenant)

    def add(self, model_id: str, *, created_ms: int, facts: ModelFacts) -> None:
        """Enter a stored model in the list of models."""
        with translated():
            pipeline = self._redis.pipeline()
            pipeline.hset(self._facts, model_id, facts.model_dump_json())
            pipeline.zadd(self._index, {_entry(model_id, created_ms): 0})
            pipeline.sadd(keys.TENANTS, owner(self._tenant))
            pipeline.execute()

    def remove(self, model_id: str, *, created_ms: int) -> None:
        """Take a model out of the list of models."""
        with translated():
            pipeline = self._redis.pipeline()
            pipeline.zrem(self._index, _entry(model_id, created_ms))
            pipeline.hdel(self._facts, model_id)
            pipeline.execute()

    def listed(self, model_ids: Sequence[str]) -> set[str]:
        """Which of these models are in the list."""
        if not model_ids:
            return set()
        with translated():
            found: Any = self._redis.hmget(self._facts, list(model_ids))
        return {model_id for model_id, facts in zip(model_ids, found, strict=True) if facts}

    def page(
        self, *, limit: int, cursor: str | None, wanted: ModelFilter = ANY_MODEL
    ) -> tuple[list[str], str | None]:
        """Ids of the models that are wanted, newest first, from after the cursor.

        Returns:
            The ids, and the cursor of the next page. A page ends early where many models in a row
            are not wanted: it may be short, or empty, and still have a next one.
        """

        def read(entries: Sequence[str]) -> list[str | None]:
            ids = [entry.partition(":")[2] for entry in entries]
            facts: Any = self._redis.hmget(self._facts, ids) if ids else []
            return [
                model_id
                if known is None or wanted.holds(ModelFacts.model_validate_json(known))
                else None
                for model_id, known in zip(ids, facts, strict=True)
            ]

        earliest, latest = wanted.span_ms
        with translated():
            return wanted_page(
                self._redis,
                self._index,
                read,
                limit=limit,
                cursor=cursor,
                span=(_from(earliest), _from(latest)),
                at_once=STRETCH,
                most=MOST_LOOKED_AT,
            )

    def oldest(self, count: int) -> list[tuple[str, int]]:
        """So many of the oldest models: id, and when each was made, in ms since 1970."""
        with translated():
            found: Any = self._redis.zrange(self._index, 0, count - 1)
        entries = [text(entry).partition(":") for entry in found]
        return [(model_id, int(created_ms)) for created_ms, _, model_id in entries]

    def tenants(self) -> list[str]:
        """Everybody who has a model."""
        with translated():
            found: Any = self._redis.smembers(keys.TENANTS)
        return sorted(text(tenant) for tenant in found)

    @property
    def _index(self) -> str:
        return keys.models_of(owner(self._tenant))

    @property
    def _facts(self) -> str:
        return keys.model_facts_of(owner(self._tenant))


def _entry(model_id: str, created_ms: int) -> str:
    return f"{_from(created_ms)}:{model_id}"


def _from(created_ms: int | None) -> str | None:
    """What entries of this time or later begin with, or come after."""
    return None if created_ms is None else f"{created_ms:015d}"
