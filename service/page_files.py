"""The page at the root: files that come with the package, for everybody, with a key or without.

There is nothing in them that is anybody's: what the page shows it asks the API for.
"""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "page"
# Below the root, where index.html expects them.
FILES = "/page"


def add_page(app: FastAPI) -> None:
    """Serve the page at the root of an application."""
    # The curves to try are a link to the examples in a checkout, and files in a package.
    files = StaticFiles(directory=FOLDER, follow_symlink=True)
    app.mount(FILES, GZipMiddleware(files, minimum_size=1024))
    app.add_api_route("/", _index, include_in_schema=False)


def _index() -> FileResponse:
    return FileResponse(FOLDER / "index.html", media_type="text/html")
