"""What lists of jobs, batches and models are all filtered by."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from schemas.strict import Document


class ListFilter(Document):
    """Which entries are wanted; what is not given does not matter."""

    name: str | None = None
    search: str | None = Field(default=None, description="A part of the name, in either case.")
    metadata: dict[str, str] = Field(default_factory=dict)
    created_from: datetime | None = None
    created_before: datetime | None = None

    @property
    def is_of_time_alone(self) -> bool:
        """Whether all that were created at the right time are wanted."""
        span = {"created_from": self.created_from, "created_before": self.created_before}
        return self == type(self).model_validate(span)

    def fits(self, name: str | None, metadata: Mapping[str, str]) -> bool:
        """Whether this name and these labels are wanted."""
        return (
            self.name in (None, name)
            and (self.search is None or self.search.casefold() in (name or "").casefold())
            and self.metadata.items() <= metadata.items()
        )
