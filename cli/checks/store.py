"""Whether samples and models can be written where they are kept, and that is the right place."""

import os

from cli.checks.finding import Finding, Place, ok, wrong
from schemas.errors import Unavailable, WrongStore
from storage.settings import StorageSettings, Stores, open_stores

NAME, BROKER = "FOLDLINE_STORE_URL", "FOLDLINE_REDIS_URL"


def look(place: Place) -> Finding:
    """Write to the store as the service does, if it is not the data directory, and make none."""
    settings = StorageSettings(data_dir=place.data_dir)
    kept = settings.store_url or str(place.data_dir.absolute())
    try:
        stores = open_stores(settings)
        _check_broker(stores)
        if settings.store_url is not None:
            stores.artifacts.check()
    except WrongStore as error:
        return wrong(f"{kept}: {error}", f"correct {NAME}, --data-dir or {BROKER}")
    except (ValueError, Unavailable) as error:
        if settings.store_url is not None:
            return wrong(f"that at {NAME}: {error}")
    if settings.store_url is None:
        return ok(f"samples and models are in {kept}")
    return ok(f"{kept} can be written")


def _check_broker(stores: Stores) -> None:
    """Raise ``WrongStore`` if the store belongs to another broker than the one that is named."""
    if BROKER not in os.environ:
        return
    try:
        stores.binding.check()
    except WrongStore:
        raise
    except Unavailable:
        # Away, or not started yet: what looks at the broker says so.
        return
