"""How a process writes its log."""

from enum import StrEnum

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LogFormat(StrEnum):
    """How a line of the log is written."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class LogSettings(BaseSettings):
    """Settings of the log of any process; from the environment (prefix ``FOLDLINE_LOG_``)."""

    model_config = SettingsConfigDict(env_prefix="FOLDLINE_LOG_")

    format: LogFormat = Field(
        default=LogFormat.AUTO,
        description="json: one object a line; text: for people; auto: text in a terminal.",
    )
