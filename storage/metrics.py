"""Figures for whoever operates the service, as the ledger's scripts have counted them.

They are kept in the broker and read when they are asked for: with several APIs behind one address
each look would meet another process.
"""

from collections.abc import Mapping
from typing import Any

import redis

from schemas.jobs import FINAL
from storage import keys
from storage.connection import text
from storage.lua import BOUNDS_S
from storage.ports import Figures, Histogram


def read_figures(connection: redis.Redis) -> Figures:
    """The figures as they are now; raises the errors of the Redis client."""
    pipeline = connection.pipeline(transaction=False)
    pipeline.zcard(keys.WAITING)
    pipeline.zrange(keys.WORKERS, 0, -1, withscores=True)
    pipeline.hgetall(keys.METRICS)
    pipeline.zrange(keys.DELIVERY_TURNS, 0, -1)
    pipeline.time()
    pipeline.exists(keys.SUSPENDED)
    waiting, workers, counted, tenants, (seconds, micros), suspended = pipeline.execute()
    names = [text(name) for name, _ in workers]
    for name in names:
        pipeline.hlen(keys.CLAIMS_PREFIX + name)
    for tenant in tenants:
        pipeline.zcard(keys.DELIVERIES_PREFIX + text(tenant))
    sizes = pipeline.execute()
    claims, deliveries = sizes[: len(names)], sizes[len(names) :]
    now_s = seconds + micros / 1e6
    counts = {text(name): float(value) for name, value in counted.items()}
    return Figures(
        waiting=waiting,
        running=sum(claims),
        silent_s={text(name): max(0.0, now_s - at_ms / 1000) for name, at_ms in workers},
        ended={status.value: int(counts.get(f"jobs:{status}", 0)) for status in sorted(FINAL)},
        crashes=int(counts.get("crashes", 0)),
        losses=int(counts.get("losses", 0)),
        wait=_histogram(counts, "wait"),
        fit=_histogram(counts, "fit"),
        deliveries=sum(deliveries),
        suspended=bool(suspended),
    )


def _histogram(counts: Mapping[str, Any], name: str) -> Histogram:
    classes = [(str(bound), f"{name}:{bound}") for bound in BOUNDS_S] + [("+Inf", f"{name}:inf")]
    total = 0
    cumulated = []
    for bound, key in classes:
        total += int(counts.get(key, 0))
        cumulated.append((bound, total))
    return Histogram(tuple(cumulated), float(counts.get(f"{name}:sum", 0.0)))
