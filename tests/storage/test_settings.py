"""Which store the settings name."""

import pytest

from schemas.errors import NotFound, Unavailable
from storage.settings import StorageSettings, open_stores


def opened(tmp_path, store_url=None):
    settings = StorageSettings(data_dir=tmp_path / "data", store_url=store_url)
    return open_stores(settings, make=True).artifacts


def test_without_an_address_the_store_is_the_data_directory(tmp_path):
    opened(tmp_path).put_inputs({"a": b"1"})
    assert (tmp_path / "data/inputs/default/a").read_bytes() == b"1"


def test_an_address_of_a_directory_goes_before_the_data_directory(tmp_path):
    directory = tmp_path / "a place"
    opened(tmp_path, directory.as_uri()).put_inputs({"a": b"1"})
    assert (directory / "inputs/default/a").read_bytes() == b"1"
    assert not (tmp_path / "data").exists()


def test_an_address_of_a_bucket_is_a_bucket(tmp_path, bucket_url):
    opened(tmp_path, bucket_url).put_inputs({"a": b"1"})
    assert opened(tmp_path, bucket_url + "/").get_input("a") == b"1"
    with pytest.raises(NotFound):
        opened(tmp_path, bucket_url.removesuffix("/prefix")).get_input("a")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "address", ["", "bucket", "/directory", "s3://", "s3:///prefix", "s3://b?x=1", "gs://b",
                "file://host/directory", "file:directory"]
)  # fmt: skip
def test_any_other_address_is_refused_with_what_would_be_right(tmp_path, address):
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        opened(tmp_path, address)


def test_a_setting_that_is_no_setting_of_the_bucket_is_refused(tmp_path, bucket_url, monkeypatch):
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "perhaps")
    with pytest.raises(Unavailable):
        opened(tmp_path, bucket_url)
