"""Many functions at once, with the real service and a real worker."""

import asyncio
import io
import tempfile

import numpy as np
import pytest

from foldline_client import (
    AsyncClient,
    BatchStatus,
    Conflict,
    InvalidInput,
    ResultStatus,
    WaitTimeout,
)
from foldline_client.network import Network
from foldline_client.spooling import MEMORY_BYTES
from tests.client.answers import Scripted, batch
from tests.waiting import HANGS_AFTER_S

X = np.linspace(0.0, 1.0, 40)


def powers(count):
    for k in range(count):
        yield {"x": X, "y": X**k, "custom_id": f"x^{k}", "tolerance": 10.0 ** -(k + 1)}


def test_a_generator_of_functions_becomes_a_batch(client):
    asked = client.batch(powers(4), effort="quick", name="powers")
    assert (asked.name, asked.counts.total) == ("powers", 4)
    results = list(client.batches.results(asked, include=["model", "network", "breakpoints"]))
    assert {result.custom_id: result.index for result in results} == {f"x^{k}": k for k in range(4)}
    for result in results:
        assert (result.status, result.met) == (ResultStatus.SUCCEEDED, True)
        assert result.model.id == result.model_id
        tolerance = 10.0 ** -(result.index + 1)
        assert result.model.target.tolerance == tolerance
        error = np.abs(Network(result.network)(X) - X**result.index).max()
        assert error <= tolerance
        assert len(result.breakpoints.x) - 1 == result.model.segments
    done = client.batches.wait(asked, timeout=HANGS_AFTER_S)
    assert (done.status, done.counts.succeeded) == (BatchStatus.COMPLETED, 4)
    in_order = [result.index for result in client.batches.results(asked, order="input")]
    assert in_order == [0, 1, 2, 3]
    with pytest.raises(Conflict):
        client.batches.cancel(asked)


def test_what_is_refused_is_named_and_does_not_sink_the_rest(client):
    functions = [(X, X), (X, X[:-1]), (X, np.where(X > 0.5, np.nan, X))]
    asked = client.batch(functions, effort="quick")
    assert [(refusal.index, refusal.line) for refusal in asked.refusals] == [(1, 2), (2, 3)]
    assert "samples.y.20" in asked.refusals[1].problem.detail
    results = {result.index: result for result in client.batches.results(asked)}
    assert [results[k].status for k in range(3)] == ["succeeded", "refused", "refused"]
    assert results[2].problem == asked.refusals[1].problem
    with pytest.raises(InvalidInput, match="samples") as raised:
        client.batch(functions, all_or_nothing=True)
    assert any(field.startswith("line.3") for field in raised.value.errors)


def test_a_batch_has_labels_and_a_webhook_of_its_own(client, served):
    hook = {"url": f"{served.url}/nowhere?a=b&c", "events": ["batch.completed", "job.failed"]}
    labels = {"kind": "b:c, ä", "other": ""}
    asked = client.batch([(X, X)], name="a b", metadata=labels, webhook=hook)
    assert (asked.name, asked.metadata) == ("a b", labels)
    assert asked.webhook.model_dump() == hook
    assert asked.id in [found.id for found in client.batches.list()]
    known = client.batches.list(name="a b", status=["running", BatchStatus.COMPLETED])
    assert [found.id for found in known] == [asked.id]
    assert list(client.batches.list(name="of nobody")) == []
    assert [result.met for result in client.batches.results(asked)] == [True]
    with pytest.raises(ValueError, match="'a:b' has a colon"):
        client.batch([(X, X)], metadata={"a:b": "c"})


def test_a_batch_is_waited_for_and_cancelled(client, slow):
    x, y = slow.pop("x"), slow.pop("y")
    asked = client.batch([(x, y + k * x) for k in range(3)], **slow)
    with pytest.raises(WaitTimeout):
        client.batches.wait(asked, timeout=0.1)
    seen = []
    client.batches.cancel(asked)
    done = client.batches.wait(asked, timeout=HANGS_AFTER_S, progress=seen.append)
    assert seen[-1] == done
    assert (done.status, done.counts.cancelled) == (BatchStatus.CANCELLED, 3)
    results = list(client.batches.results(asked))
    assert {result.status for result in results} == {ResultStatus.CANCELLED}


def test_functions_may_come_asynchronously(served):
    async def coming():
        for function in powers(3):
            await asyncio.sleep(0)
            yield function

    async def found():
        async with AsyncClient(served.url) as client:
            asked = await client.batch(coming(), effort="quick")
            results = [result.index async for result in client.batches.results(asked)]
            return results, await client.batches.wait(asked)

    results, done = asyncio.run(found())
    assert (sorted(results), done.counts.succeeded) == ([0, 1, 2], 3)


TABLE = b"x,flat,bad\n0,1,1\n1,1,z\n2,1,3\n"
LABELS = {"name": "table", "metadata": {"kind": "a"}}


def test_a_file_becomes_a_batch_as_it_is(client, served):
    choices = {"tolerance": 0.1, "relative_to": "absolute", "effort": "quick"}

    async def sent():
        async with AsyncClient(served.url) as other:
            return await other.batches.send(io.BytesIO(TABLE), "csv", **LABELS, **choices)

    for asked in (
        client.batches.send(io.BytesIO(TABLE), "csv", **LABELS, **choices),
        asyncio.run(sent()),
    ):
        assert (asked.name, asked.metadata) == ("table", {"kind": "a"})
        assert [found.custom_id for found in asked.refusals] == ["bad"]
        results = {found.custom_id: found for found in client.batches.results(asked)}
        assert results["flat"].met
        job = client.jobs.get(results["flat"].job_id)
        assert (job.target.tolerance, job.options.effort) == (0.1, "quick")
    questions = b'\n{"samples": {"x": [0, 1], "y": [0, 1]}, "target": {"tolerance": 1}}\nnonsense'
    asked = client.batches.send(io.BytesIO(questions), "ndjson")
    assert [found.line for found in asked.refusals] == [3]
    with pytest.raises(InvalidInput, match=r"line\.3"):
        client.batches.send(io.BytesIO(questions), "ndjson", all_or_nothing=True)
    with pytest.raises(ValueError, match="one of ndjson, csv, unlike 'xml'"):
        client.batches.send(io.BytesIO(questions), "xml")
    for no_bytes in ("curves.csv", io.StringIO(TABLE.decode())):
        with pytest.raises(TypeError, match="open for reading bytes"):
            client.batches.send(no_bytes, "csv")


def test_a_batch_is_on_disk_where_it_is_large(ask, monkeypatch):
    spooled, made = [], tempfile.SpooledTemporaryFile
    monkeypatch.setattr(
        tempfile, "SpooledTemporaryFile", lambda **more: spooled.append(made(**more)) or spooled[0]
    )
    x = np.arange(20_000) / 7
    on_disk = []

    def functions():
        for k in range(30):
            yield x, x + k
            on_disk.append(not isinstance(spooled[0]._file, io.BytesIO))

    service = Scripted(batch(30))
    ask(service, lambda client: client.batch(functions()))
    assert on_disk == sorted(on_disk)
    assert on_disk[-1]
    assert len(service.bodies[0]) > MEMORY_BYTES
    assert spooled[0].closed


def test_a_function_that_is_none_is_named_by_its_place(ask):
    service = Scripted()
    pair = r"a pair \(x, y\), or a mapping with x and y"
    wrong = [((X, ["a"]), "y must be"), (X, pair), ({"x": X}, pair), (3, pair), ([X] * 3, pair)]
    for function, words in wrong:
        functions = [(X, X), function]
        with pytest.raises(TypeError, match=words) as raised:
            ask(service, lambda client, given=functions: client.batch(given))
        assert raised.value.__notes__ == ["in function 1 of the batch, counted from 0"]
    assert service.requests == []
