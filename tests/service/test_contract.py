"""What the service answers is what its OpenAPI document says, to requests that nobody wrote."""

import json
import re
import sys
import tempfile

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from service import following, torch_programs
from service.app import create_app
from service.security_headers import ALWAYS
from service.settings import ServiceSettings
from tests.waiting import HANGS_AFTER_S

with tempfile.TemporaryDirectory() as data_dir:
    DOCUMENT = create_app(ServiceSettings(data_dir=data_dir)).openapi()
# No schema says that there are as many y as x, which texts are cursors, how far float32 goes, or
# what is for C alone: a request can be as the document says and be refused all the same.
REFUSING_MORE = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "404", "409", "422", "429"]}
}
# A batch is taken whatever its questions are like: those that are not valid are refused one by one.
TAKING_MORE = {"negative_data_rejection": {"enabled": False}}
CHECKS = {
    "createJob": REFUSING_MORE,
    "createBatch": REFUSING_MORE | TAKING_MORE,
    "listJobs": REFUSING_MORE,
    "listBatches": REFUSING_MORE,
    "listModels": REFUSING_MORE,
    "evaluateModel": REFUSING_MORE,
    "getNetwork": REFUSING_MORE,
    "getBreakpoints": REFUSING_MORE,
    "readSamples": REFUSING_MORE,
}
CONFIG = schemathesis.Config.from_dict(
    {
        "operations": [
            {"include-operation-id": operation_id, "checks": checks}
            for operation_id, checks in CHECKS.items()
        ],
    }
)
# Keys are not needed here; they have tests of their own.
WITHOUT_KEYS = json.loads(json.dumps(DOCUMENT))
for operations in WITHOUT_KEYS["paths"].values():
    for operation in operations.values():
        operation.pop("security", None)
schema = schemathesis.openapi.from_dict(WITHOUT_KEYS, config=CONFIG)
BELOW_ONE_THING = {path: known for path, known in WITHOUT_KEYS["paths"].items() if "{" in path}
about_one_thing = schemathesis.openapi.from_dict(
    {**WITHOUT_KEYS, "paths": BELOW_ONE_THING}, config=CONFIG
)
bounded = settings(
    max_examples=6,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


# Of HTTP itself, or for browsers: the same in every answer.
EVERYWHERE = {"date", "server", "connection", "content-length", "content-type"} | {
    "transfer-encoding", "content-security-policy", *map(str.lower, ALWAYS)
}  # fmt: skip


def declared_headers(method, path, status):
    """The headers that the document says this answer has, and whether each is always there."""
    template = next(
        template
        for template in DOCUMENT["paths"]
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path)
    )
    declared = DOCUMENT["paths"][template][method.lower()]["responses"][str(status)]["headers"]
    found = {}
    for name, header in declared.items():
        if "$ref" in header:
            header = DOCUMENT["components"]["headers"][header["$ref"].rpartition("/")[2]]
        found[name.lower()] = header["required"]
    return found


def check_headers(method, path, status, headers):
    """Every header that was sent is declared, and those are there that always are."""
    declared = declared_headers(method, path, status)
    sent = {name for name in headers if name not in EVERYWHERE}
    if (
        headers.get("cache-control") in ("no-store", ["no-store"])
        and "cache-control" not in declared
    ):
        sent.discard("cache-control")
    assert sent <= set(declared), (method, path, status)
    assert {name for name, always in declared.items() if always} <= sent, (method, path, status)
    return sent


@schemathesis.check
def headers_are_as_declared(_, response, case):
    # A method that the document does not have is tried, too.
    if response.status_code != 405:
        check_headers(case.method, case.path, response.status_code, response.headers)


@schemathesis.serializer("application/x-ndjson", "application/x-npy", "text/csv")
def as_it_is(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Nobody waits for a job, because without a worker none ends; nor for torch."""
    monkeypatch.setattr(following, "MAX_WAIT_S", 0.05)
    monkeypatch.setattr(torch_programs, "COMMAND", (sys.executable, "-c", "print()"))


@pytest.fixture
def base_url(service):
    return str(service.client.base_url)


@pytest.fixture
def ids(client, question, make_model):
    """Things that exist; none of them runs, so that following them ends."""
    job = client.post("/v1/jobs", json=question).json()["id"]
    batch = client.post("/v1/batches", json={"items": [question, {}]}).json()["id"]
    for path in (f"/v1/jobs/{job}", f"/v1/batches/{batch}"):
        assert client.post(f"{path}/cancel").json()["status"] == "cancelled"
    return {"job_id": job, "batch_id": batch, "model_id": make_model().id}


def test_the_document_is_the_one_that_is_served(client):
    assert client.get("/openapi.json").json() == DOCUMENT


@schema.parametrize()
@bounded
def test_every_answer_is_as_the_document_says(case, base_url):
    case.call_and_validate(base_url, timeout=HANGS_AFTER_S)


@about_one_thing.parametrize()
@bounded
def test_every_answer_about_what_exists_is_as_the_document_says(
    case, base_url, ids, service, make_model
):
    make_model().store(service.stores)
    case.path_parameters = {name: ids[name] for name in case.path_parameters}
    case.call_and_validate(base_url, timeout=HANGS_AFTER_S)


def test_every_header_is_sent_where_it_is_declared(client, ids, question, make_model, service):
    model = make_model().store(service.stores)
    answered = {
        "samples": {"x": model.samples.x.tolist(), "y": model.samples.y.tolist()},
        "target": {"tolerance": model.tolerance},
    }
    tag = client.get(f"/v1/models/{model.id}").headers["etag"]
    requests = [
        ("POST", "/v1/jobs", {"json": question, "headers": {"Prefer": "wait=1"}}),
        ("POST", "/v1/jobs", {"json": answered}),
        ("POST", "/v1/jobs", {"json": question, "headers": {"Idempotency-Key": "of headers"}}),
        ("POST", "/v1/jobs", {"json": question, "headers": {"Idempotency-Key": "of headers"}}),
        ("POST", "/v1/jobs", {"json": {}}),
        ("POST", "/v1/jobs", {"content": b"?", "headers": {"Content-Type": "text/plain"}}),
        ("POST", "/v1/jobs", {"content": b"?", "headers": {"Content-Type": "application/json"}}),
        ("POST", "/v1/batches", {"json": {"items": [question]}}),
        ("POST", "/v1/batches", {"json": {"items": [answered]}}),
        ("POST", f"/v1/models/{model.id}/evaluate", {"json": {"x": [0]}}),
        ("GET", f"/v1/models/{model.id}", {"headers": {"If-None-Match": tag}}),
        ("GET", f"/v1/models/{model.id}/breakpoints", {"params": {"format": "csv"}}),
        ("GET", f"/v1/models/{model.id}/breakpoints", {"headers": {"Accept": "image/png"}}),
        ("POST", f"/v1/jobs/{ids['job_id']}/cancel", {}),
        ("GET", "/v1/jobs/job_0", {}),
        *(
            ("GET", template.format(**ids), {})
            for template, operations in DOCUMENT["paths"].items()
            if "get" in operations
        ),
        ("GET", f"/v1/models/{model.id}/network", {"params": {"format": "onnx"}}),
        ("DELETE", f"/v1/models/{model.id}", {}),
    ]
    seen = set()
    for method, path, more in requests:
        response = client.request(method, path, **more)
        seen |= check_headers(method, path, response.status_code, response.headers)
    everything = {
        name.lower()
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
        for name in answer["headers"]
    }
    # Where keys are needed, and where one has to wait, other tests look.
    assert everything - seen == {"www-authenticate", "retry-after"}
