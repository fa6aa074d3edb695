"""The service that the examples ask."""

import pytest

from tests.served import Served


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """Everything, started as users start it."""
    served = Served(tmp_path_factory.mktemp("examples"))
    yield served
    assert served.stop() == 0
