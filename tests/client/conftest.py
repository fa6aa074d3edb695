"""The real service with a real worker, once for all tests here; and either client on a mock."""

import asyncio
import inspect
from types import SimpleNamespace

import httpx
import numpy as np
import pytest

from foldline_client import AsyncClient, Client
from tests.engines.held import HELD, holding
from tests.served import Served
from tests.waiting import HANGS_AFTER_S


@pytest.fixture(autouse=True)
def nothing_said_in_the_environment(monkeypatch):
    for name in ("FOLDLINE_URL", "FOLDLINE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """Everything, started as users start it, but that some questions are held."""
    served = Served(tmp_path_factory.mktemp("client"), **holding())
    yield served
    assert served.stop() == 0


@pytest.fixture(scope="session")
def client(served):
    with Client(served.url, timeout=HANGS_AFTER_S) as client:
        yield client


@pytest.fixture(scope="session")
def api(served):
    """The service without the client: what it really answers."""
    with httpx.Client(base_url=served.url, timeout=HANGS_AFTER_S) as api:
        yield api


@pytest.fixture(scope="session")
def curve():
    x = np.linspace(-1.0, 2.0, 120)
    return x, np.tanh(2 * x)


@pytest.fixture(scope="session")
def model(client, curve):
    return client.fit(*curve, tolerance=1e-3, effort="quick", name="tanh", metadata={"kind": "a"})


@pytest.fixture
def slow():
    """A question that keeps a worker busy until it is cancelled."""
    x = np.linspace(0.0, 1.0, 40)
    return {"x": x, "y": np.sin(9 * x), "tolerance": 1e-5, "effort": "quick", "seed": HELD[0]}


async def _with_await(make, act):
    async with make() as client:
        done = act(client)
        if inspect.isawaitable(done):
            return await done
        return [item async for item in done]


@pytest.fixture(params=["sync", "async"])
def ask(request):
    """``ask(handler, act)`` does something with either client, which the handler answers."""

    def with_either(handler, act, **options):
        options = {"transport": httpx.MockTransport(handler), **options}
        if request.param == "async":
            return asyncio.run(_with_await(lambda: AsyncClient(**options), act))
        with Client(**options) as client:
            done = act(client)
            return list(done) if inspect.isgenerator(done) else done

    return with_either


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that a client makes, in seconds; here they take no time."""
    made = []

    async def no_time(seconds):
        made.append(seconds)
        await asyncio.sleep(0)

    # Only theirs: servers of other tests, in this process too, sleep on.
    monkeypatch.setattr("foldline_client.driver.time", SimpleNamespace(sleep=made.append))
    monkeypatch.setattr("foldline_client.async_driver.asyncio", SimpleNamespace(sleep=no_time))
    return made
