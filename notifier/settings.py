"""How webhooks are sent."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.comma_lists import Networks, split
from schemas.root_path import RootPath

Waits = Annotated[list[Annotated[float, Field(ge=0)]], NoDecode, BeforeValidator(split)]


class NotifierSettings(BaseSettings):
    """Settings of a notifier, from the environment (prefix ``FOLDLINE_WEBHOOK_``)."""

    model_config = SettingsConfigDict(env_prefix="FOLDLINE_WEBHOOK_", populate_by_name=True)

    root_path: RootPath = Field(
        default="",
        # The same as the API's.
        validation_alias="FOLDLINE_ROOT_PATH",
        description="The prefix below which a proxy offers the service: in the links of what is "
        "told.",
    )

    allow_networks: Networks = Field(
        default=[],
        description="Networks that may be told though they are not public, for example "
        "10.0.0.0/8,fd00::/8.",
    )
    timeout_s: float = Field(
        default=15.0, gt=0, description="Seconds that a receiver has to answer, all in all."
    )
    retry_waits_s: Waits = Field(
        # Those that Standard Webhooks proposes; all in all three days.
        default=[5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
        description="Seconds from each failure to the next try; after the last it is given up.",
    )
    at_once: int = Field(
        default=32,
        ge=1,
        description="Deliveries that are made at the same time. One tenant has at most half of "
        "them, so that receivers that hang do not hold up another's.",
    )
    look_s: float = Field(
        default=0.5, gt=0, description="Seconds between two looks for deliveries that are due."
    )
    grace_s: float = Field(
        default=3.0,
        ge=0,
        description="Seconds that deliveries have to end when the notifier is asked to leave.",
    )

    @property
    def lease_s(self) -> float:
        """Seconds after which a delivery is taken for lost with whoever was making it."""
        return 2 * self.timeout_s
