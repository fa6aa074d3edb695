"""The base of all documents.

A service may be newer than this client: members that are not known here are passed over, and words
that are not known stay text.
"""

from pydantic import BaseModel, ConfigDict, Field

# Of a union of an enumeration and str: a word that is known becomes its member.
KNOWN_FIRST = Field(union_mode="left_to_right")


class Document(BaseModel):
    """A document that the service answers."""

    model_config = ConfigDict(frozen=True)
