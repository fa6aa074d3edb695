"""Models without their client: after it was closed, copied, and out of a pickle."""

import asyncio
import copy
import inspect
import pickle

import numpy as np
import pytest

from foldline_client import AsyncClient, Client, Model, NotConnected

X = np.linspace(-1.0, 2.0, 50)


def got(answer):
    return asyncio.run(answer) if inspect.iscoroutine(answer) else answer


async def with_await(url, wanted):
    async with AsyncClient(url) as client:
        model = await client.models.get(wanted)
        await model.network()
        return model


@pytest.fixture(params=["sync", "async"])
def left(request, served, model):
    """A model whose client is closed, with its network and without its table."""
    if request.param == "async":
        return asyncio.run(with_await(served.url, model))
    with Client(served.url) as client:
        left = client.models.get(model)
        left.network()
        return left


def test_what_a_model_has_downloaded_outlives_its_client(left, model):
    np.testing.assert_array_equal(got(left(X)), model(X))
    with pytest.raises(NotConnected, match="the client is closed"):
        got(left.breakpoints)
    with pytest.raises(NotConnected, match="the client is closed"):
        got(left.export("csv"))


def test_a_pickled_model_has_everything_but_its_client(left, model, client):
    restored = pickle.loads(pickle.dumps(left))
    assert (restored, restored.certificate) == (model, model.certificate)
    np.testing.assert_array_equal(got(restored(X)), model(X))
    with pytest.raises(NotConnected, match=r"client\.models\.get\(model\) gives it a client"):
        got(restored.breakpoints)
    assert len(client.models.get(restored).breakpoints) == model.segments + 1


def test_copies_are_their_own_and_ask_over_the_same_connections(client, model):
    model.network()
    for copied in (copy.deepcopy(model), copy.copy(model), model.model_copy(deep=True)):
        assert copied == model
        np.testing.assert_array_equal(copied.breakpoints["x"], model.breakpoints["x"])
        assert copied.export("csv") == model.export("csv")
    copied = copy.deepcopy(model)
    copied.network().layers[0].weight[:] = 0
    assert model.network().layers[0].weight.any()


def test_a_model_that_was_kept_as_json_is_one_without_a_client(model):
    kept = Model.model_validate_json(model.model_dump_json())
    assert kept == model
    with pytest.raises(NotConnected):
        kept(X)
