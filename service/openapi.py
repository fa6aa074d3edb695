"""The OpenAPI document."""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from schemas.batches import BatchCreate, BatchResult
from schemas.curves import CurveIn
from schemas.evaluation import EvaluationCreate
from schemas.jobs import JobCreate
from schemas.problems import Problem
from service.declarations import JSON, REQUEST_ID
from service.request_id import HEADER

TITLE = "Foldline"
DESCRIPTION = """\
A sampled function and an accuracy target in; the smallest certified ReLU network and its exact
breakpoint table out.

1. `POST /v1/jobs` with samples and a tolerance answers 202 with a job.
2. `GET /v1/jobs/{job_id}` until `status` is `succeeded`; `links.model` then leads to the model.
3. `GET /v1/models/{model_id}` has the certificate; below it are the network, its breakpoint table,
   a plot, and its values wherever you ask.

Every error is a problem document (RFC 9457, `application/problem+json`) that names the fields
concerned.
"""
TAGS = [
    {"name": "jobs", "description": "Questions that were asked, and how far their answers are."},
    {"name": "batches", "description": "Many questions that are sent together."},
    {"name": "models", "description": "Fitted, certified networks. They never change."},
    {"name": "samples", "description": "Curves, as they are read, and those of jobs and models."},
    {"name": "webhooks", "description": "Being told when something has ended."},
    {"name": "health", "description": "For whoever operates the service."},
]


def described(app: FastAPI) -> dict[str, Any]:
    """The document of an application, with all that the routes' declarations refer to."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    _drop_default_errors(document)
    _drop_nulls(document)
    _read_examples(document)
    _add_request_ids(document)
    template = "#/components/schemas/{model}"
    shown: Any = [(kind, "serialization") for kind in (Problem, BatchResult)]
    _, definitions = models_json_schema(shown, ref_template=template)
    document["components"]["schemas"].update(definitions["$defs"])
    # In a request defaults may be left out; in an answer they are always there.
    template = "#/components/schemas/{model}-Input"
    taken: Any = [
        (kind, "validation") for kind in (JobCreate, BatchCreate, CurveIn, EvaluationCreate)
    ]
    _, definitions = models_json_schema(taken, ref_template=template)
    for name, schema in definitions["$defs"].items():
        document["components"]["schemas"][f"{name}-Input"] = schema
    return document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _drop_default_errors(document: dict[str, Any]) -> None:
    """Take out the 422 that FastAPI adds to every route with a parameter: ours is declared."""
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    for operation in _operations(document):
        declared = operation["responses"].get("422", {}).get("content", {})
        if "application/json" in declared:
            del operation["responses"]["422"]


def _drop_nulls(document: dict[str, Any]) -> None:
    """Take null out of what parameters may be: an address or a header can only leave them out."""
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
            if len(kinds) == 1:
                del schema["anyOf"]
                schema.update(kinds[0])


def _read_examples(document: dict[str, Any]) -> None:
    """Turn the examples of answers from text into documents."""
    for operation in _operations(document):
        for response in operation["responses"].values():
            shown = response.get("content", {}).get(JSON, {})
            if "example" in shown:
                shown["example"] = json.loads(shown["example"])


def _add_request_ids(document: dict[str, Any]) -> None:
    """Declare the header that every answer has."""
    document["components"]["headers"] = {HEADER: REQUEST_ID}
    reference = {"$ref": f"#/components/headers/{HEADER}"}
    for operation in _operations(document):
        for response in operation["responses"].values():
            response.setdefault("headers", {})[HEADER] = reference
