"""The base of every document: unknown fields are refused, values do not change after validation."""

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """A JSON document of the API or the store."""

    model_config = ConfigDict(extra="forbid", frozen=True)
