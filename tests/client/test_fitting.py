"""From samples to a function of Python, with the real service and a real worker."""

import asyncio
import io
import json
import re

import httpx
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from foldline_client import (
    AsyncClient,
    Client,
    Conflict,
    InvalidInput,
    Job,
    JobCancelled,
    JobFailed,
    JobStatus,
    Miscomputed,
    Network,
    NotFound,
    Phase,
    WaitTimeout,
)
from foldline_client.documents.jobs import FINAL
from tests.client.answers import Scripted, job, problem
from tests.waiting import HANGS_AFTER_S

plt.switch_backend("Agg")


def limit_of(y, tolerance=1e-3):
    return tolerance * np.ptp(y)


def values(api, model, x, **more):
    answer = api.post(f"/v1/models/{model.id}/evaluate", json={"x": x.tolist(), **more})
    return np.array(answer.json()["y"])


def test_a_model_is_called_like_the_function_it_is(model, curve):
    x, y = curve
    assert model.met
    error = np.abs(model(x).astype(float) - y).max()
    # The certificate is of the worst order of summation.
    assert error <= model.certificate.max_abs_error <= limit_of(y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("extrapolate", [None, "network", "linear", "clamp"])
def test_it_gives_the_values_of_the_service_to_the_bit(client, api, curve, dtype, extrapolate):
    x, y = curve
    model = client.fit(x, y, tolerance=1e-3, effort="quick", dtype=dtype)
    everywhere = np.linspace(-3.0, 4.0, 50_000)
    said = {} if extrapolate is None else {"extrapolate": extrapolate}
    ours = model(everywhere, extrapolate=extrapolate)
    assert ours.dtype == dtype
    np.testing.assert_array_equal(ours.astype(float), values(api, model, everywhere, **said))


def test_values_have_the_shape_of_x(model):
    x = np.linspace(-1, 2, 6)
    np.testing.assert_array_equal(model(x.reshape(2, 3)), model(x).reshape(2, 3))
    assert model(0.5).shape == ()
    assert model([]).shape == (0,)


def test_a_file_is_the_network_it_was_exported_from(model, curve):
    beyond = np.append(curve[0], [-9.0, 9.0])
    network = Network.from_json(model.export("json", extrapolate="clamp"))
    np.testing.assert_array_equal(network(beyond), model(beyond, extrapolate="clamp"))
    with pytest.raises(ValueError, match="layers"):
        Network.from_json('{"dtype": "float32"}')


def test_the_network_is_all_there(model):
    network = model.network()
    widths = [1, *(layer.bias.size for layer in network.layers)]
    assert widths == model.architecture.layer_widths
    numbers = sum(layer.weight.size + layer.bias.size for layer in network.layers)
    assert numbers == model.architecture.parameters
    assert {array.dtype for layer in network.layers for array in layer} == {network.dtype}


def test_the_breakpoints_are_the_function(model):
    rows = model.breakpoints
    assert rows.dtype.names == ("x", "y", "slope", "intercept")
    assert len(rows) - 1 == model.segments
    x = np.linspace(-1, 2, 1001)
    np.testing.assert_allclose(np.interp(x, rows["x"], rows["y"]), model(x), atol=1e-5)
    frame = model.table()
    assert isinstance(frame, pd.DataFrame)
    np.testing.assert_array_equal(frame["slope"], rows["slope"])


def test_the_samples_are_there_sorted(client, model, curve):
    x, y = curve
    assert model.curve.dtype.names == ("x", "y")
    np.testing.assert_array_equal(model.curve["x"], x)
    np.testing.assert_array_equal(model.curve["y"], y)
    job = client.submit([2, 1], [4.0, 1.0], metric="rmse", tolerance=0.1, weight=[1, 3])
    assert client.jobs.curve(job).tolist() == [(1.0, 1.0, 3.0), (2.0, 4.0, 1.0)]
    with pytest.raises(NotFound, match="no job"):
        client.jobs.curve("job_0")


def test_a_model_is_drawn_with_its_samples(model, curve):
    axes = model.plot(*curve)
    samples, network = axes.get_lines()
    assert (len(samples.get_xdata()), len(network.get_xdata())) == (120, model.segments + 1)
    assert model.plot(ax=axes) is axes
    plt.close(axes.figure)
    with pytest.raises(ValueError, match="both x and y"):
        model.plot(curve[0])


def test_the_title_of_a_plot_is_the_name_whatever_is_in_it(model):
    named = type(model).of(model.model_copy(update={"name": r"$\nothing$"}), model._perform)
    axes = named.plot()
    axes.figure.canvas.draw()
    assert axes.get_title() == r"$\nothing$"
    plt.close(axes.figure)


@pytest.mark.parametrize(
    ("form", "choices", "path"),
    [
        ("json", {}, "network?format=json"),
        ("json", {"of": "breakpoints"}, "breakpoints?format=json"),
        ("csv", {"extrapolate": "clamp"}, "breakpoints?format=csv&extrapolate=clamp"),
        ("npy", {}, "breakpoints?format=npy"),
        ("csv", {"of": "samples"}, "samples?format=csv"),
        ("onnx", {"extrapolate": "linear"}, "network?format=onnx&extrapolate=linear"),
        ("safetensors", {}, "network?format=safetensors"),
        ("c", {"arithmetic": "fixed", "name": "f"}, "network?format=c&arithmetic=fixed&name=f"),
        ("svg", {}, "plot.svg"),
        ("svg", {"theme": "dark"}, "plot.svg?theme=dark"),
    ],
)
def test_exports_are_what_the_service_gives(client, api, model, tmp_path, form, choices, path):
    file = tmp_path / "export"
    content = model.export(form, file, **choices)
    assert content == file.read_bytes() == client.models.export(model, form, **choices)
    assert content == api.get(f"/v1/models/{model.id}/{path}").content


def test_a_model_says_the_essentials(model):
    said = (
        rf"<Model 'tanh' {model.id[:8]}: \w+ 1-[\d-]+-1, \d+ parameters, {model.segments} "
        r"segments, float32, max_abs_error [\d.e-]+, target met>"
    )
    assert re.fullmatch(said, repr(model))
    assert str(model) == repr(model)


def test_columns_may_be_of_any_kind(client, model, curve):
    x, y = curve
    frame = pd.DataFrame({"x": x, "y": y}).sample(frac=1, random_state=0)
    for columns in ((x.tolist(), tuple(y)), (frame["x"], frame["y"])):
        assert client.fit(*columns, tolerance=1e-3, effort="quick") == model


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (["1", "2"], "y must be real numbers"),
        ([1j, 2j], "y must be real numbers"),
        (pd.to_datetime(["2026-01-01", "2026-01-02"]), "y must be real numbers, not datetime64"),
        ([object(), 1.0], "y must be real numbers"),
        ([[1.0], [2.0]], r"y must be one column, not an array of shape \(2, 1\)"),
        (np.ma.masked_equal([1.0, -999.0], -999.0), "y has masked values: leave these samples out"),
    ],
)
def test_what_is_no_column_of_numbers_is_refused_here(client, column, words):
    with pytest.raises((TypeError, ValueError), match=words):
        client.submit([0, 1], column)


def test_everything_that_is_said_arrives(client, served):
    hook = f"{served.url}/nowhere"
    asked = client.submit(
        [0, 1, 2],
        [0.0, 1.0, 4.0],
        metric="rmse",
        tolerance=0.1,
        relative_to="absolute",
        weight=[1, 2, 3],
        between_samples="linear",
        name="a name",
        metadata={"kind": "test"},
        webhook={"url": hook, "events": ["job.failed"]},
        minimise="segments",
        max_segments=7,
        seed=3,
        time_limit=5,
    )
    assert isinstance(asked, Job)
    target, options = asked.target, asked.options
    assert (target.metric, target.tolerance, target.relative_to) == ("rmse", 0.1, "absolute")
    assert (target.between_samples, asked.samples.weighted) == ("linear", True)
    assert (options.minimise, options.max_segments, options.seed) == ("segments", 7, 3)
    assert (options.time_limit, asked.name, asked.metadata) == (5, "a name", {"kind": "test"})
    assert (asked.webhook.url, asked.webhook.events) == (hook, ["job.failed"])
    assert client.submit([0, 1], [0, 1], webhook=hook).webhook.events is None


def test_numbers_may_be_those_of_numpy(client):
    x = np.arange(3, dtype=np.float32)
    choices = {"tolerance": np.float32(0.5), "seed": np.int64(3), "time_limit": np.float32(5)}
    asked = client.submit(x, x, **choices)
    assert (asked.target.tolerance, asked.options.seed, asked.options.time_limit) == (0.5, 3, 5)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"tolerance": "small"}, "tolerance must be real numbers"),
        ({"webhook": 3}, "webhook must be an address, or a mapping with a url, not 3"),
        ({"seed": {3}}, r"\{3\} cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_refused_here(ask, said, words):
    with pytest.raises(TypeError, match=words):
        ask(Scripted(), lambda client: client.submit([0, 1], [0, 1], **said))


def test_what_is_no_id_is_refused_here(ask):
    asked = Job.model_validate(job())
    for act, wrong, words in (
        (
            lambda client, it: client.models.get(it),
            asked.model_id,
            "a Model or its id .*, not None",
        ),
        (lambda client, it: client.models.get(it), asked, r"a Model or its id .*, not Job\("),
        (lambda client, it: client.models.delete(it), "", "a Model or its id .* is empty"),
        (lambda client, it: client.jobs.events(it), 3, "a Job or its id .*, not 3"),
        (lambda client, it: client.batches.wait(it), None, "a Batch or its id .*, not None"),
    ):
        with pytest.raises((TypeError, ValueError), match=words):
            ask(Scripted(), lambda client, act=act, wrong=wrong: act(client, wrong))


def test_a_tolerance_is_of_the_range_unless_it_has_no_unit(client):
    each = client.submit([1, 2, 3], [1, 2, 4], tolerance=[0.1, 0.2, 0.1])
    assert (each.target.tolerance, each.target.relative_to) == ("per_sample", "range")
    relative = client.submit([1, 2], [1, 2], metric="max_rel", tolerance=0.1)
    assert relative.target.relative_to == "absolute"
    budget = client.submit([1, 2], [1, 2], tolerance=None, max_segments=3)
    assert budget.target.tolerance is None


def test_what_the_service_refuses_is_named_by_field(client):
    with pytest.raises(InvalidInput, match=r"samples\.y\.1: must be a finite number") as raised:
        client.fit([0, 1, 2], [0, np.nan, np.inf], progress=False)
    assert list(raised.value.errors) == ["samples.y.1"]
    assert raised.value.request_id
    with pytest.raises(InvalidInput, match=r"options\.efort: is not a field here"):
        client.submit([0, 1], [0, 1], efort="quick")
    with pytest.raises(NotFound, match="there is no job 'nothing'"):
        client.jobs.get("nothing")


def test_events_tell_the_whole_life_of_a_job(client, curve):
    x, y = curve
    asked = client.submit(x, y + x, effort="quick")
    events = list(client.jobs.events(asked))
    assert [events[0].status, events[-1].status] == [JobStatus.QUEUED, JobStatus.SUCCEEDED]
    assert {event.phase for event in events} > {Phase.PREPARATION, Phase.CERTIFICATE}
    done = client.jobs.get(asked)
    assert (done.model_id, done.met) == (events[-1].model_id, events[-1].met)
    with pytest.raises(Conflict, match="succeeded already"):
        client.jobs.cancel(asked)


def test_a_wait_ends_with_its_time_and_the_job_goes_on(client, slow):
    with pytest.raises(WaitTimeout, match=r"after 0\.3 s; it goes on") as raised:
        client.fit(slow.pop("x"), slow.pop("y"), timeout=0.3, **slow)
    pending = raised.value.pending
    assert not client.jobs.get(pending).is_final
    client.jobs.cancel(pending)
    assert client.jobs.wait(pending, timeout=HANGS_AFTER_S).status is JobStatus.CANCELLED


def test_a_job_that_somebody_cancels_is_told_to_whoever_waits(client, slow):
    with pytest.raises(JobCancelled) as raised:
        client.fit(slow.pop("x"), slow.pop("y"), progress=client.jobs.cancel, **slow)
    assert raised.value.job.status is JobStatus.CANCELLED


def test_a_job_that_failed_says_why(ask, pauses):
    lost = problem(500, "worker-lost", "three workers were lost over it").json()
    service = Scripted(job(), job("running"), job("failed", problem=lost))
    with pytest.raises(JobFailed, match="j failed: three workers were lost over it") as raised:
        ask(service, lambda client: client.fit([0, 1], [0, 1]))
    assert raised.value.problem.type == "urn:foldline:problem:worker-lost"


def test_models_are_found_by_what_was_said_of_them(client, model):
    wanted = {"name": "tanh", "metadata": {"kind": "a"}, "met": True}
    assert list(client.models.list(**wanted, created_from=model.created_at)) == [model]
    assert list(client.models.list(**wanted, created_before=model.created_at)) == []
    assert list(client.models.list(name="another")) == []
    assert model in list(client.models.list())


def test_jobs_are_found_by_what_was_said_of_them_and_where_they_are(client, model):
    job = next(found for found in client.jobs.list(name="tanh") if found.model_id == model.id)
    wanted = {"name": "tanh", "metadata": {"kind": "a"}, "met": True}
    assert job in list(client.jobs.list(**wanted, status=JobStatus.SUCCEEDED))
    assert job in list(client.jobs.list(status=FINAL, created_from=job.created_at))
    assert job not in list(client.jobs.list(created_before=job.created_at))
    assert list(client.jobs.list(name="tanh", status=["failed", JobStatus.CANCELLED])) == []
    with pytest.raises(InvalidInput, match="'queued', 'running'"):
        next(client.jobs.list(status="done"))


def test_a_list_has_every_page(ask):
    pages = [
        {"data": [job(name=str(k)) for k in range(2)], "next_cursor": "further"},
        {"data": [], "next_cursor": "on"},
        {"data": [job(name="2")], "next_cursor": None},
    ]
    service = Scripted(*pages)
    names = [found.name for found in ask(service, lambda client: client.jobs.list())]
    assert names == ["0", "1", "2"]
    cursors = [request.url.params.get("cursor") for request in service.requests]
    assert cursors == [None, "further", "on"]


def test_what_was_deleted_is_gone(client, curve):
    x, y = curve
    doomed = client.fit(x, 2 * y + x, effort="quick")
    assert client.models.get(doomed.id).network().dtype == doomed.architecture.dtype
    client.models.delete(doomed)
    with pytest.raises(NotFound):
        client.models.get(doomed)


def test_jobs_and_batches_are_deleted_whatever_they_are_doing(client, curve):
    x, y = curve
    job = client.submit(x, 3 * y + x, effort="thorough", tolerance=1e-6)
    client.jobs.delete(job)
    with pytest.raises(NotFound):
        client.jobs.get(job)
    batch = client.batches.send(io.BytesIO(b"x,y\n0,0\n1,1\n"), "csv", tolerance=0.1)
    client.batches.delete(batch.id)
    with pytest.raises(NotFound):
        client.batches.get(batch)


def test_new_words_and_new_members_do_not_disturb(ask):
    answer = job("paused", phase="phase3", mood="good", finished_at=None)
    answer["target"] = {"metric": "median"}
    found = ask(Scripted(answer), lambda client: client.jobs.get("j"))
    assert (found.status, found.phase, found.target.metric) == ("paused", "phase3", "median")
    assert not found.is_final


def test_many_functions_are_fitted_at_once_with_await(served, curve):
    x, y = curve

    async def fits():
        async with AsyncClient(served.url) as client:
            models = await asyncio.gather(
                *(client.fit(x, k * y + x**2, effort="quick", name=str(k)) for k in range(1, 4))
            )
            errors = [
                np.abs(await model(x) - k * y - x**2).max() for k, model in enumerate(models, 1)
            ]
            rows = await models[0].breakpoints
            network = await models[0].network("clamp")
            frame, content = await models[0].table(), await models[0].export("npy")
            plt.close((await models[0].plot()).figure)
            events = [event async for event in client.jobs.events(await client.submit(x, y))]
            assert models[0] in [found async for found in client.models.list(name="1")]
            return models, errors, rows, network, frame, content, events

    models, errors, rows, network, frame, content, events = asyncio.run(fits())
    assert [model.met for model in models] == [True] * 3
    assert max(errors) <= limit_of(3 * y + x**2)
    np.testing.assert_array_equal(np.load(io.BytesIO(content)), rows)
    assert len(frame) == len(rows)
    assert network(-9.0) == pytest.approx(rows["y"][0], abs=1e-5)
    assert events[-1].status is JobStatus.SUCCEEDED


def test_a_network_that_comes_out_otherwise_here_is_not_used(api, model):
    network = api.get(f"/v1/models/{model.id}/network").json()
    network["layers"][-1]["bias"][0] += 1e-3
    answered = {
        f"/v1/models/{model.id}": api.get(f"/v1/models/{model.id}").json(),
        f"/v1/models/{model.id}/network": network,
    }
    answer = httpx.MockTransport(lambda sent: httpx.Response(200, json=answered[sent.url.path]))
    with Client(transport=answer) as client, pytest.raises(Miscomputed, match="certified"):
        client.models.get(model.id)(0.5)
    with pytest.raises(Miscomputed, match="certified"):
        Network.from_json(json.dumps(network))
