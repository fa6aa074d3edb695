"""Deliveries without jobs: what the scripts that end jobs put into the outbox."""

import json
from datetime import UTC, datetime

from storage import keys


def put(outbox, *, url, tenant, event, subject):
    """Have somebody told at once; the id of the delivery."""
    delivery_id = f"msg_{subject}_{event.partition('.')[2]}"
    # Due at once for the broker, too, which counts in whole milliseconds.
    now = datetime.now(UTC).replace(microsecond=0)
    fields = {
        "url": url,
        "tenant": tenant,
        "event": event,
        "subject": subject,
        "created_at": json.dumps(now.isoformat()),
        "attempts": "0",
    }
    outbox._redis.hset(keys.delivery_key(delivery_id), mapping=fields)
    due = now.timestamp() * 1000
    outbox._redis.zadd(keys.DELIVERIES_PREFIX + tenant, {delivery_id: due}, nx=True)
    outbox._redis.zadd(keys.DELIVERY_TURNS, {tenant: due}, lt=True)
    return delivery_id
