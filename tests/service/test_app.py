"""The application as a whole: its last resort, its documents, its factory."""

import json
import logging
import re

import pytest
from fastapi import HTTPException
from fastapi.responses import StreamingResponse

from schemas.problems import Problem
from service.app import create_app
from service.settings import ServiceSettings


@pytest.fixture
def faulty(empty_service):
    """A service with routes that fail."""

    @empty_service.app.get("/fails")
    def fails():
        raise RuntimeError("the secret of the house")

    @empty_service.app.get("/fails-midway")
    async def fails_midway():
        async def pieces():
            yield b"half"
            raise RuntimeError("the secret of the house")

        return StreamingResponse(pieces())

    @empty_service.app.get("/refuses")
    def refuses():
        raise HTTPException(418, headers={"WWW-Authenticate": "Basic"})

    return empty_service


def test_an_unexpected_error_is_a_problem_without_details(faulty, problem, caplog):
    with caplog.at_level(logging.ERROR):
        response = faulty.client.get("/fails")
    problem(response, 500, "internal")
    assert "secret" not in response.text
    assert "the secret of the house" in caplog.text
    assert "Traceback" in caplog.text


def test_an_error_of_a_library_keeps_its_status_and_headers(faulty, problem):
    response = faulty.client.get("/refuses")
    problem(response, 418, "internal")
    assert response.headers["www-authenticate"] == "Basic"


def test_an_unexpected_error_leaves_the_connection_open(faulty):
    first = faulty.client.get("/fails")
    second = faulty.client.get("/healthz")
    streams = [response.extensions["network_stream"] for response in (first, second)]
    ports = {stream.get_extra_info("client_addr")[1] for stream in streams}
    assert second.status_code == 200
    assert len(ports) == 1


def test_an_error_in_the_middle_of_an_answer_cuts_it_off(faulty):
    with pytest.raises(Exception, match="peer closed connection"):
        faulty.client.get("/fails-midway")


def test_the_api_page_loads_nothing_from_elsewhere(client):
    for page in ("/docs", "/redoc"):
        html = client.get(page).raise_for_status().text
        loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
        assert loaded
        for address in loaded:
            assert address.startswith("/")
            assert client.get(address).status_code == 200


@pytest.fixture
def document(client):
    return client.get("/openapi.json").json()


@pytest.fixture
def operations(document):
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_every_operation_has_an_id_a_summary_a_description_and_a_tag(document, operations):
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids) == 21
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
            expected = {500}
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
                expected |= {400, 413, 415}
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            if "idempotency-key" in {name.lower() for name in names}:
                expected |= {409}
            if path.endswith("/cancel"):
                expected |= {409}
            if "format" in names:
                expected |= {406}
            declared = {int(status) for status in operation["responses"] if int(status) >= 400}
            assert declared == expected, operation["operationId"]


def test_answers_that_will_pass_say_when_to_ask_again(operations):
    for operation in operations:
        for status, answer in operation["responses"].items():
            assert ("Retry-After" in answer.get("headers", {})) == (status in ("429", "503"))


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
                for example in examples:
                    body = example if isinstance(example, str) else json.dumps(example)
                    answer = client.post(
                        path.format(model_id=model.id),
                        params={"tolerance": 0.1} if media_type == "text/csv" else {},
                        content=body,
                        headers={"Content-Type": media_type},
                    )
                    assert answer.status_code in (200, 201, 202), answer.text
                    assert not answer.json().get("refusals")
                    tried += 1
    assert tried == 8


def test_every_declared_error_is_a_problem_document(operations):
    for operation in operations:
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                reference = response["content"]["application/problem+json"]["schema"]["$ref"]
                assert reference == "#/components/schemas/Problem"
                assert list(response["content"]) == ["application/problem+json"]


def test_the_declared_problem_is_the_one_that_is_sent(client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(schemas["Problem"]["properties"]) == set(Problem.model_fields)
    assert "HTTPValidationError" not in schemas


def test_every_reference_in_the_document_leads_somewhere(client):
    response = client.get("/openapi.json")
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', response.text))
    assert references <= set(response.json()["components"]["schemas"])


def test_the_factory_reads_the_environment(monkeypatch, tmp_path, broker):
    monkeypatch.setenv("FOLDLINE_REDIS_URL", broker.url)
    monkeypatch.setenv("FOLDLINE_DATA_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("FOLDLINE_MAX_POINTS", "7")
    resources = create_app(ServiceSettings()).state.resources
    assert resources.settings.max_points == 7
    assert resources.settings.data_dir == tmp_path / "elsewhere"
    resources.stores.ledger.ping()
    resources.stores.artifacts.check()


def test_every_setting_is_described():
    fields = ServiceSettings.model_fields
    assert {"redis_url", "data_dir", "max_points", "max_body_bytes"} <= set(fields)
    assert all(field.description for field in fields.values())
