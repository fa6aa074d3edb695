"""A real service behind a network that breaks again and again."""

import asyncio

import numpy as np
import pytest

from foldline_client import AsyncClient, Client
from tests.client.cutting import CuttingProxy

X = np.linspace(0.0, 1.0, 60)


@pytest.fixture
def breaking(served):
    """Of three connections one is cut before the answer, one within it, one after a while."""
    proxy = CuttingProxy(served.url, [0, 300, 5000])
    yield proxy
    proxy.close()


def names_of(api, path):
    return [found["name"] for found in api.get(path, params={"limit": 100}).json()["data"]]


def test_a_fit_gets_through_and_asks_once(breaking, api):
    with Client(breaking.url) as client:
        model = client.fit(X, np.cos(5 * X), effort="quick", name="through")
        assert np.abs(model(X) - np.cos(5 * X)).max() <= model.certificate.max_abs_error
    assert breaking.cuts > 3
    assert names_of(api, "/v1/jobs").count("through") == 1


def test_a_batch_gets_through_once_and_so_does_each_result(breaking, api):
    async def got():
        async with AsyncClient(breaking.url) as client:
            functions = ((X, np.cos(k * X)) for k in range(12))
            batch = await client.batch(functions, effort="quick", name="all through")
            return [result.index async for result in client.batches.results(batch)]

    assert sorted(asyncio.run(got())) == list(range(12))
    assert breaking.cuts > 1
    assert names_of(api, "/v1/batches").count("all through") == 1


def test_every_event_gets_through_once(breaking, client):
    job = client.submit(X, np.cos(9 * X), effort="quick")
    with Client(breaking.url) as through:
        events = list(through.jobs.events(job))
    assert breaking.cuts > 1
    # What is drawn is for those who see it happen.
    told = [event.model_copy(update={"current": None}) for event in events]
    again = [event.model_copy(update={"current": None}) for event in client.jobs.events(job)]
    assert told == again
