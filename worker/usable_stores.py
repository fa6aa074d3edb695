"""Broker and store, once both can be used: what is begun before that would only wait again."""

import logging
import time
from collections.abc import Callable

from schemas.errors import StoreFull, Unavailable, WrongStore
from storage.settings import StorageSettings, Stores, open_stores

logger = logging.getLogger(__name__)

# Seconds between two looks.
_LOOKS_EVERY_S = 0.5
# Seconds that it takes to say that there is nothing: where all parts are started at once, the API,
# which makes the store, takes a moment.
_QUIET_S = 3.0


def await_stores(
    storage: StorageSettings,
    *,
    leaving: Callable[[], bool] = lambda: False,
    refuse_wrong: bool = False,
) -> Stores | None:
    """The stores, once the broker can be used and the store is there, and is the broker's.

    Args:
        storage: where they are.
        leaving: whether there is no time to wait any more.
        refuse_wrong: whether not to wait where the store belongs to another broker.

    Returns:
        None if there is none.

    Raises:
        WrongStore: the store belongs to another broker.
        ValueError: an address makes no sense.
    """
    said, began_at = None, time.monotonic()
    while not leaving():
        try:
            stores = open_stores(storage)
            stores.usability.check()
            stores.binding.check()
            stores.artifacts.check()
        except StoreFull:
            # It answers, and models may be there already.
            return stores
        except Unavailable as error:
            if refuse_wrong and isinstance(error, WrongStore):
                raise
            if said != str(error) and time.monotonic() - began_at >= _QUIET_S:
                said = str(error)
                logger.warning("the worker waits, and takes no job: %s", said)
            time.sleep(_LOOKS_EVERY_S)
        else:
            return stores
    return None
