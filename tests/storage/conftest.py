"""Both places for blobs, for what must be the same in both."""

from urllib.parse import urlsplit

import pytest

from storage.buckets import BucketBlobs
from storage.files import FileBlobs
from storage.keys import INPUTS, MODELS

TOPS = (INPUTS, MODELS)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


@pytest.fixture(params=["files", "bucket"])
def open_blobs(request):
    """``open_blobs()`` opens the same place again and again, as several processes do."""
    if request.param == "files":
        root = request.getfixturevalue("root")
        return lambda: FileBlobs(root, TOPS, make=True)
    url = urlsplit(request.getfixturevalue("bucket_url"))
    return lambda: BucketBlobs(url.netloc, prefix=url.path.strip("/"))


@pytest.fixture
def blobs(open_blobs):
    return open_blobs()
