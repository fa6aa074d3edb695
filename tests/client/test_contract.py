"""The client knows what the service answers: what it reads is held against the OpenAPI document."""

import pkgutil
from importlib import import_module

import pytest
from pydantic.json_schema import models_json_schema

import foldline_client.documents
from foldline_client.documents.base import Document
from foldline_client.flows.batches import BatchFilter
from foldline_client.flows.jobs import JobFilter
from foldline_client.flows.models import FileChoices, ModelFilter, PictureChoices
from foldline_client.questions import FitDetails
from schemas.jobs import JobEvent
from service.app import create_app
from service.settings import ServiceSettings

# Values are computed here, and nobody asks a client whether a service is well.
NOT_ASKED_FOR = {"Evaluation", "Health", "Readiness"}
# What is compared of a property: whether it is the same to a reader, not how it is checked.
COMPARED = ("type", "format", "const", "items", "anyOf", "additionalProperties", "$ref")

for found in pkgutil.iter_modules(foldline_client.documents.__path__):
    import_module(f"foldline_client.documents.{found.name}")
_, KNOWN = models_json_schema([(kind, "validation") for kind in Document.__subclasses__()])


def refs_in(schema):
    """The names of the schemas that a piece of a document refers to."""
    if isinstance(schema, dict):
        place, _, name = schema.get("$ref", "").rpartition("/")
        if place.endswith("/schemas") or place == "#/$defs":
            yield name
        schema = schema.values()
    if not isinstance(schema, str | int | float | None):
        for part in schema:
            yield from refs_in(part)


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    settings = ServiceSettings(data_dir=tmp_path_factory.mktemp("data"))
    return create_app(settings).openapi()


@pytest.fixture(scope="module")
def answered(document):
    """Every schema that an answer of the service has in it, by name."""
    _, of_events = models_json_schema([(JobEvent, "validation")])
    schemas = of_events["$defs"] | document["components"]["schemas"]
    names, pending = set(), ["JobEvent"]
    for path in document["paths"].values():
        for operation in path.values():
            pending += refs_in(operation["responses"])
    while pending:
        name = pending.pop()
        if name not in names:
            names.add(name)
            pending += refs_in(schemas[name])
    return {name: schemas[name] for name in names - NOT_ASKED_FOR}


def simplified(schema):
    """A property without what does not matter to a reader."""
    kept = {key: schema[key] for key in COMPARED if key in schema}
    if "$ref" in kept:
        return kept["$ref"].rpartition("/")[2]
    if isinstance(kept.get("additionalProperties"), bool):
        del kept["additionalProperties"]
    for key in ("items", "additionalProperties"):
        if key in kept:
            kept[key] = simplified(kept[key])
    if "anyOf" in kept:
        kinds = [simplified(kind) for kind in kept["anyOf"]]
        # Words that are new are taken as text.
        if any(isinstance(kind, str) and "enum" in KNOWN["$defs"][kind] for kind in kinds):
            kinds = [kind for kind in kinds if kind != {"type": "string"}]
        flat = sorted({repr(kind): kind for kind in kinds}.values(), key=repr)
        return flat[0] if len(flat) == 1 else flat
    return kept


def test_every_document_of_an_answer_is_known(answered):
    assert set(answered) == set(KNOWN["$defs"])


def test_documents_have_the_same_members_of_the_same_types(answered):
    for name, schema in answered.items():
        known = KNOWN["$defs"][name]
        if "enum" in schema:
            assert known["enum"] == schema["enum"], name
            continue
        members = {key: simplified(value) for key, value in schema["properties"].items()}
        assert {key: simplified(value) for key, value in known["properties"].items()} == members, (
            name
        )
        assert set(known.get("required", ())) == set(schema.get("required", ())), name


def test_everything_that_may_be_asked_can_be_asked(document):
    schemas = document["components"]["schemas"]
    members = {
        name: set(schemas[f"{name}-Input"]["properties"])
        for name in ("JobCreate", "TargetIn", "FitOptions", "SamplesIn")
    }
    apart = {"x", "y", "metric", "tolerance", "relative_to"}
    asked = members["JobCreate"] - {"samples", "target", "options"}
    asked |= members["TargetIn"] | members["FitOptions"] | members["SamplesIn"]
    assert set(FitDetails.__annotations__) == asked - apart


@pytest.mark.parametrize(
    ("path", "choices", "apart"),
    [
        ("/v1/models", ModelFilter, {"limit", "cursor"}),
        ("/v1/models/{model_id}/network", FileChoices, {"format"}),
        ("/v1/models/{model_id}/breakpoints", FileChoices, {"format"}),
        ("/v1/models/{model_id}/plot.svg", PictureChoices, set()),
        ("/v1/models/{model_id}/samples", dict, {"format"}),
        ("/v1/jobs/{job_id}/samples", dict, {"format"}),
        ("/v1/jobs", JobFilter, {"limit", "cursor"}),
        ("/v1/batches", BatchFilter, {"limit", "cursor"}),
    ],
)
def test_everything_that_may_be_chosen_can_be_chosen(document, path, choices, apart):
    parameters = document["paths"][path]["get"]["parameters"]
    offered = {found["name"] for found in parameters if found["in"] == "query"} - apart
    assert set(getattr(choices, "__annotations__", ())) - {"of"} == offered
