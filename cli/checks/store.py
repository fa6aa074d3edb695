"""Whether samples and models can be written where they are kept."""

from cli.checks.finding import Finding, Place, ok, wrong
from schemas.errors import Unavailable
from storage.settings import StorageSettings, open_stores

NAME = "FOLDLINE_STORE_URL"


def look(place: Place) -> Finding:
    """Write to the store as the service does, if it is not the data directory."""
    settings = StorageSettings()
    if settings.store_url is None:
        return ok(f"samples and models are in {place.data_dir.absolute()}")
    try:
        open_stores(settings, make=True).artifacts.check()
    except (ValueError, Unavailable) as error:
        return wrong(f"that at {NAME}: {error}")
    return ok(f"{settings.store_url} can be written")
