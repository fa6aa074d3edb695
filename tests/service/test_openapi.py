"""The OpenAPI document: everything is described, with examples that are true."""

import json
import re

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from schemas.jobs import JobCreate
from schemas.network import Dtype, evaluate
from schemas.problems import TITLES, Problem
from schemas.table import evaluate_table
from service import answers
from service.examples import JOB_EXAMPLES


@pytest.fixture
def document(client):
    return client.get("/openapi.json").json()


@pytest.fixture
def operations(document):
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_every_operation_has_an_id_a_summary_a_description_and_a_tag(document, operations):
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids) == 29
    assert all(operation["summary"] and operation["description"] for operation in operations)
    described = {tag["name"] for tag in document["tags"]}
    assert all(len(operation["tags"]) == 1 for operation in operations)
    assert {tag for operation in operations for tag in operation["tags"]} == described


def test_every_answer_that_has_a_body_says_what_is_in_it(operations):
    for operation in operations:
        answers = {int(status): answer for status, answer in operation["responses"].items()}
        assert any(status < 300 for status in answers)
        for status, answer in answers.items():
            if status in (204, 304):
                assert "content" not in answer
                continue
            for content in answer["content"].values():
                described = content.get("schema") or content.get("itemSchema")
                assert described, (operation["operationId"], status)


def test_every_operation_declares_the_errors_it_can_answer_with(document):
    for path, operations in document["paths"].items():
        for operation in operations.values():
            expected = {413, 421, 500}
            if path != "/healthz":
                expected |= {503}
            if path.startswith("/v1/") or path == "/metrics":
                expected |= {401, 403, 429}
            if path.startswith("/v1/"):
                expected |= {422}
            if operation["operationId"] in ("createJob", "createBatch", "getReadiness"):
                expected |= {507}
            if "{" in path:
                expected |= {404}
            if "requestBody" in operation:
                expected |= {400, 408, 415}
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            if "idempotency-key" in {name.lower() for name in names}:
                expected |= {409}
            if (
                path.endswith("/cancel")
                or path.endswith("/redeliver")
                or operation["operationId"] == "deleteJob"
            ):
                expected |= {409}
            if "format" in names:
                expected |= {406}
            declared = {int(status) for status in operation["responses"] if int(status) >= 400}
            assert declared == expected, operation["operationId"]


def test_every_operation_refuses_a_body_that_is_too_large(run_service, broker, document, problem):
    limits = {"max_body_bytes": 1_024, "max_batch_bytes": 1_024}
    known = [(path, *item) for path, found in document["paths"].items() for item in found.items()]
    with run_service(redis_url=broker.url, **limits) as service:
        refusals = [
            service.client.request(method, path, content=bytes(1_025)) for path, method, _ in known
        ]
    for (_, _, operation), answer in zip(known, refusals, strict=True):
        problem(answer, 413, "too-large")
        assert "413" in operation["responses"], operation["operationId"]


def test_answers_that_will_pass_say_when_to_ask_again(operations):
    for operation in operations:
        for status, answer in operation["responses"].items():
            first = operation["operationId"] in ("createJob", "createBatch")
            passing = status in ("429", "503") or (status == "409" and first)
            assert ("Retry-After" in answer["headers"]) == passing


def test_no_parameter_can_be_null(operations):
    # There is no way to write it.
    for operation in operations:
        assert '"null"' not in json.dumps(operation.get("parameters", []))


def _examples(content):
    if "example" in content:
        yield content["example"]
    for example in content.get("examples", {}).values():
        yield example["value"]


def test_every_example_of_a_request_works_as_it_is(client, document, model):
    tried = 0
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                examples = list(_examples(content))
                # An NPY file is not text.
                assert examples or media_type == "application/x-npy", (path, media_type)
                is_asked = media_type == "text/csv" and path != "/v1/samples"
                for example in examples:
                    body = example if isinstance(example, str) else json.dumps(example)
                    answer = client.post(
                        path.format(model_id=model.id),
                        params={"tolerance": 0.1} if is_asked else {},
                        content=body,
                        headers={"Content-Type": media_type},
                    )
                    assert answer.status_code in (200, 201, 202), answer.text
                    assert not answer.json().get("refusals")
                    tried += 1
    assert tried == 10


def _answers(operations):
    """Every answer with a body: operation id, status, media type and what is declared of it."""
    for operation in operations:
        for status, answer in operation["responses"].items():
            for media_type, content in answer.get("content", {}).items():
                yield operation["operationId"], int(status), media_type, content


def test_every_answer_has_an_example_of_what_it_is_declared_to_be(document, operations):
    tried = set()
    for operation_id, status, media_type, content in _answers(operations):
        examples = list(_examples(content))
        if content.get("schema", {}).get("format") == "binary":
            # It is not text, and a file that is called after it would be of another model.
            assert not examples
            continue
        assert examples, (operation_id, status, media_type)
        documents = examples
        if media_type == "application/x-ndjson":
            documents = [json.loads(line) for text in examples for line in text.splitlines()]
        elif media_type == "text/event-stream":
            documents = [dict(event) for text in examples for event in _events(text)]
        schema = content.get("schema") or content["itemSchema"]
        validator = Draft202012Validator({**schema, "components": document["components"]})
        assert documents
        for example in documents:
            validator.validate(example)
        assert len(json.dumps(examples)) < 3_000
        tried.add(media_type)
    assert len(tried) == 7


def _events(text):
    for event in text.removesuffix("\n\n").split("\n\n"):
        yield (line.split(": ", 1) for line in event.splitlines())


def test_every_declared_error_is_a_problem_of_its_status(operations):
    for operation_id, status, media_type, content in _answers(operations):
        if status >= 400:
            assert media_type == "application/problem+json"
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            for example in _examples(content):
                problem = Problem.model_validate(example)
                assert problem.status == status, operation_id
                assert problem.title == TITLES[problem.type]


def test_the_example_of_a_model_is_a_true_answer_to_the_example_of_a_question():
    samples, target = JobCreate.model_validate(JOB_EXAMPLES["tolerance"]["value"]).canonical()
    certificate = answers.MODEL.certificate
    error = np.abs(evaluate(answers.NETWORK, samples.x) - samples.y).max()
    assert error == pytest.approx(certificate.max_abs_error, rel=1e-5)
    assert error <= target.tolerance
    assert answers.MODEL.architecture.layer_widths == [
        1, *(len(layer.bias) for layer in answers.NETWORK.layers)
    ]  # fmt: skip
    x = np.linspace(samples.x[0], samples.x[-1], 1_001)
    exact = answers.NETWORK.model_copy(update={"dtype": Dtype.FLOAT64})
    np.testing.assert_allclose(evaluate_table(answers.TABLE, x), evaluate(exact, x), atol=1e-12)
    for document in (answers.NETWORK, answers.TABLE):
        check = document.check
        inside = np.clip(check.x, samples.x[0], samples.x[-1]) == check.x
        off = np.abs(evaluate(answers.NETWORK, check.x) - check.y)
        assert (off <= check.within)[inside].all()
    assert answers.TABLE.segments == answers.MODEL.segments
    assert answers.EVALUATION.y == evaluate(answers.NETWORK, answers.EVALUATION.x).tolist()


def test_the_declared_problem_is_the_one_that_is_sent(client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(schemas["Problem"]["properties"]) == set(Problem.model_fields)
    assert "HTTPValidationError" not in schemas


def test_every_reference_in_the_document_leads_somewhere(client):
    response = client.get("/openapi.json")
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', response.text))
    assert references <= set(response.json()["components"]["schemas"])
