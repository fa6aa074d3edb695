"""What is public: exported, documented, the same with and without await."""

import inspect
import os
import pickle
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

import foldline_client
from foldline_client import AsyncClient, AsyncModel, Client, Job, Model, Problem, errors
from tests.client.answers import Scripted, job, problem

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "client/pyproject.toml").read_text())["project"]
PUBLIC = {
    name: value
    for name, value in vars(foldline_client).items()
    if not name.startswith("_") and not inspect.ismodule(value)
}
JOB = Job.model_validate(job("failed"))
PROBLEM = Problem.model_validate_json(problem(404, "not-found").content)


def test_what_is_exported_is_there_and_documented():
    assert set(foldline_client.__all__) == {*PUBLIC, "__version__"}
    assert foldline_client.__all__ == sorted(foldline_client.__all__)
    for name, value in PUBLIC.items():
        assert value.__doc__, name


def test_every_error_is_exported_and_stands_in_the_tree():
    def below(kind):
        return [kind, *(found for child in kind.__subclasses__() for found in below(child))]

    names = [kind.__name__ for kind in below(foldline_client.FoldlineError)]
    assert re.findall(r"^(?:.*─ )?(\w+)(?:$|  )", errors.__doc__, re.MULTILINE) == names
    assert set(names) <= set(foldline_client.__all__)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503, 507])
def test_an_error_is_raised_as_what_it_is_in_the_words_of_the_service(ask, status):
    said = {"field": "samples.x.3", "pointer": "/samples/x/3", "detail": "is no number"}
    answer = problem(status, "invalid-input", "samples.x.3: is no number", [said], X_Request_ID="r")
    with pytest.raises(errors.of_status(status), match=r"samples\.x\.3: is no number") as raised:
        ask(Scripted(answer), lambda client: client.jobs.get("j"), retries=0)
    error = raised.value
    assert (error.status, error.request_id) == (status, "r")
    assert error.problem.type is foldline_client.ProblemType.INVALID_INPUT
    assert error.errors == {"samples.x.3": "is no number"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(200, text="<html>"), "no Job as this client knows it"),
        (httpx.Response(200, json={"id": "j"}), "status: Field required"),
        (httpx.Response(301, headers={"Location": "https://x.org/"}), "leads to https://x.org/"),
    ],
)
def test_what_is_no_answer_of_the_service_is_an_error_of_ours(ask, answer, words):
    with pytest.raises(foldline_client.UnexpectedAnswer, match=words):
        ask(Scripted(answer), lambda client: client.jobs.get("j"))


@pytest.mark.parametrize(
    "error",
    [
        foldline_client.NotFound(404, PROBLEM, request_id="r", repeated=True),
        foldline_client.ServerError(500, None),
        foldline_client.JobFailed(JOB),
        foldline_client.JobCancelled(JOB),
        foldline_client.WaitTimeout(JOB, 0.5),
        foldline_client.ConnectionFailed("GET /v1/jobs: refused"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_come_whole_from_other_processes(error):
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is type(error)
    assert (str(there), vars(there)) == (str(error), vars(error))


def test_a_closed_client_says_so(ask):
    async def closed_with_await(client):
        await client.aclose()
        await client.jobs.get("j")

    def closed(client):
        if isinstance(client, AsyncClient):
            return closed_with_await(client)
        client.close()
        return client.jobs.get("j")

    with pytest.raises(foldline_client.NotConnected, match="the client is closed"):
        ask(Scripted(), closed)


def test_an_error_of_somebody_between_us_is_raised_by_its_status(ask):
    answer = httpx.Response(403, text="<html>")
    with pytest.raises(foldline_client.Forbidden) as raised:
        ask(Scripted(answer), lambda client: client.jobs.get("j"))
    assert (raised.value.problem, raised.value.errors) == (None, {})


@pytest.mark.parametrize(
    ("waiting", "async_one"),
    [
        (Client, AsyncClient),
        (Model, AsyncModel),
        *(
            (type(getattr(Client(), name)), type(getattr(AsyncClient(), name)))
            for name in ("jobs", "batches", "models")
        ),
    ],
)
def test_both_clients_have_the_same_methods_with_the_same_arguments(waiting, async_one):
    def methods(kind):
        own = {name: value for name, value in vars(kind).items() if inspect.isfunction(value)}
        return {
            name.replace("__a", "__").replace("aclose", "close"): {
                found.name: (found.kind, found.default)
                for found in inspect.signature(method).parameters.values()
            }
            for name, method in own.items()
        }

    assert methods(waiting) == methods(async_one)
    for kind in (waiting, async_one):
        for name, method in vars(kind).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                assert method.__doc__, f"{kind.__name__}.{name}"


def test_address_and_key_come_from_the_environment_unless_they_are_given(ask, monkeypatch):
    monkeypatch.setenv("FOLDLINE_URL", "https://one.example/below")
    monkeypatch.setenv("FOLDLINE_API_KEY", "of the environment")
    for given in ({}, {"url": "http://two.example:81", "api_key": "given"}):
        service = Scripted(problem(404))
        with pytest.raises(foldline_client.NotFound):
            ask(service, lambda client: client.jobs.get("a/b"), **given)
        (request,) = service.requests
        key = given.get("api_key", "of the environment")
        assert request.headers["Authorization"] == f"Bearer {key}"
        expected = given.get("url", "https://one.example/below")
        assert str(request.url) == f"{expected}/v1/jobs/a%2Fb"
    with pytest.raises(ValueError, match="must begin with http"):
        Client("localhost:8000")
    with pytest.raises(ValueError, match="names no host"):
        Client("http://")


def test_a_key_is_not_shown():
    client = Client(api_key="secret")
    assert "secret" not in repr(client) + repr(vars(client)) + repr(client._driver.place)


def test_it_needs_nothing_but_its_own_requirements(tmp_path):
    """Importing it loads, of what is not Python's own, only what it requires."""
    requires = {re.match(r"\w+", line)[0] for line in PROJECT["dependencies"]}
    assert requires == {"httpx", "numpy", "pydantic"}
    code = "import sys, foldline_client; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "client")},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert requires < loaded
    ours = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert not loaded & (ours | {"torch", "fastapi", "redis", "matplotlib", "pandas"})


def test_what_is_not_installed_is_named_with_its_remedy(monkeypatch, model):
    for name in ("pandas", "matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(foldline_client.MissingLibrary, match=r"foldline-client\[pandas\]"):
        model.table()
    with pytest.raises(ImportError, match=r"foldline-client\[plot\]"):
        model.plot()
