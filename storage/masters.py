"""Asking sentinels where the master is."""

import asyncio
from typing import Any

import redis
from redis.sentinel import Sentinel


class Masters(Sentinel):
    """Sentinels, asked one after the other, beginning with the one that answered last."""

    def discover_master(self, service_name: str) -> tuple[str, int]:
        """Host and port of the master with this name.

        Raises:
            redis.TimeoutError: none of them names one that answers. No ``ConnectionError``, which
                would have all of them asked again at once.
        """
        sentinels, said = self.sentinels, []
        for sentinel in sentinels:
            try:
                named: Any = sentinel.sentinel_masters()
            except redis.RedisError as error:
                said.append(str(error).rstrip("."))
                continue
            state = named.get(service_name)
            if state is None:
                said.append("one knows no master of that name")
            elif not self.check_master_state(state, service_name):  # type: ignore[no-untyped-call]
                said.append("one says that it is down")
            else:
                self.sentinels = [sentinel, *(other for other in sentinels if other != sentinel)]
                return state["ip"], state["port"]
        reasons = "; ".join(dict.fromkeys(said))
        raise redis.TimeoutError(f"no sentinel names a master {service_name!r}: {reasons}")


class AsyncMasters:
    """The same for an event loop, which it does not hold up."""

    def __init__(self, masters: Masters) -> None:
        """Ask these."""
        self._masters = masters

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        """Host and port of the master with this name; raises as ``Masters`` does."""
        return await asyncio.to_thread(self._masters.discover_master, service_name)
