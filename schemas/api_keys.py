"""API keys: whose they are, and what they may be used for."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.jobs import Name
from schemas.strict import Document

Tenant = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]


class Scope(StrEnum):
    """What a key may be used for; each includes those before it."""

    READ = "read"
    """Look at what is one's own, and evaluate models."""

    SUBMIT = "submit"
    """Ask: jobs and batches, and cancelling them."""

    ADMIN = "admin"
    """Delete models, and see the figures of the service."""

    def includes(self, other: "Scope") -> bool:
        """Whether this is enough where the other is needed."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


class ApiKey(Document):
    """A key, without the secret that only its owner has."""

    id: str
    tenant: Tenant
    name: Name | None = None
    scope: Scope
    rate: float | None = Field(
        default=None, gt=0, description="Requests a second; the service's default if null."
    )
    created_at: datetime
