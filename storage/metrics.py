"""Figures for whoever operates the service, as the ledger's scripts have counted them.

They are kept in the broker and read when they are asked for: with several APIs behind one address
each look would meet another process.
"""

from collections.abc import Mapping
from typing import Any

import redis
from rq import Worker
from rq.utils import utcparse

from schemas.jobs import FINAL
from storage import keys
from storage.connection import text
from storage.lua import BOUNDS_S
from storage.ports import Figures, Histogram


def read_figures(connection: redis.Redis) -> Figures:
    """The figures as they are now; raises the errors of the Redis client."""
    pipeline = connection.pipeline(transaction=False)
    pipeline.zcard(keys.WAITING)
    pipeline.hlen(keys.RUNNING)
    pipeline.hgetall(keys.METRICS)
    pipeline.zrange(keys.DELIVERY_TURNS, 0, -1)
    pipeline.time()
    pipeline.exists(keys.SUSPENDED)
    waiting, running, counted, tenants, (seconds, micros), suspended = pipeline.execute()
    for tenant in tenants:
        pipeline.zcard(keys.DELIVERIES_PREFIX + text(tenant))
    deliveries = pipeline.execute()
    now_s = seconds + micros / 1e6
    counts = {text(name): float(value) for name, value in counted.items()}
    return Figures(
        waiting=waiting,
        running=running,
        silent_s={name: max(0.0, now_s - at_s) for name, at_s in _signs_of_life(connection)},
        ended={status.value: int(counts.get(f"jobs:{status}", 0)) for status in sorted(FINAL)},
        crashes=int(counts.get("crashes", 0)),
        losses=int(counts.get("losses", 0)),
        wait=_histogram(counts, "wait"),
        fit=_histogram(counts, "fit"),
        deliveries=sum(deliveries),
        suspended=bool(suspended),
    )


def _signs_of_life(connection: redis.Redis) -> list[tuple[str, float]]:
    """The name of each of RQ's workers, and when it gave its last one, in s since 1970."""
    known = Worker.all_keys(connection)
    pipeline = connection.pipeline(transaction=False)
    for key in known:
        pipeline.hget(key, "last_heartbeat")
    prefix = Worker.redis_worker_namespace_prefix
    return [
        (key.removeprefix(prefix), utcparse(text(at)).timestamp())
        for key, at in zip(known, pipeline.execute(), strict=True)
        if at is not None
    ]


def _histogram(counts: Mapping[str, Any], name: str) -> Histogram:
    classes = [(str(bound), f"{name}:{bound}") for bound in BOUNDS_S] + [("+Inf", f"{name}:inf")]
    total = 0
    cumulated = []
    for bound, key in classes:
        total += int(counts.get(key, 0))
        cumulated.append((bound, total))
    return Histogram(tuple(cumulated), float(counts.get(f"{name}:sum", 0.0)))
