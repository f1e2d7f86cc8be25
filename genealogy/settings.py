"""Settings, read from the environment (prefix ``LOTGRAPH_``) and checked as a whole."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from genealogy.errors import InvalidInput
from genealogy.messages import text
from genealogy.model.durations import ClockTolerance, merged, parse_tolerance

PREFIX = "LOTGRAPH_"
URI_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
SMALLEST_HEAP_MB = 256


def default_data_dir() -> Path:
    """The user's data folder: ``$XDG_DATA_HOME/lotgraph``, on Windows below ``%LOCALAPPDATA%``."""
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_DATA_HOME", "")
    base = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "share"
    return base / "lotgraph"


class Settings(BaseSettings):
    """Where the data are and how the database is reached."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        # A refused value may be a password or an address that holds one.
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Folder of everything Lotgraph keeps; holds the embedded database.",
    )
    database_uri: str | None = Field(
        None,
        description="Address of a Neo4j server (neo4j://host:7687, neo4j+s:// for TLS); "
        "unset: the embedded database.",
    )
    database_user: str | None = Field(None, description="User of the server at database_uri.")
    database_password: SecretStr | None = Field(None, description="Password of database_user.")
    database_name: str | None = Field(
        None,
        pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,62}$",
        description='Database to use; unset: "lotgraph" in the embedded database, '
        "the user's home database on a Neo4j server.",
    )
    embedded_heap: str = Field(
        "2g", description="Largest heap of the embedded server, such as 512m or 4g; at least 256m."
    )
    embedded_java_options: str = Field(
        "", description="More options for the embedded server's Java, separated by spaces."
    )
    embedded_idle_minutes: float = Field(
        30,
        ge=0,
        description="Minutes after the last user has gone until the embedded server stops by "
        "itself; 0: never.",
    )
    embedded_start_timeout: float = Field(
        60, gt=0, description="Seconds that the embedded server may take to start."
    )
    query_timeout: float = Field(
        120, gt=0, description="Seconds after which a running query is stopped."
    )
    clock_tolerance: str = Field(
        "",
        description="How far the clocks of source systems may be off, such as MES=5m,ERP=1h.",
    )
    use_snapshot: bool = Field(
        True, description="Answer traces from a snapshot where one was built and can tell."
    )
    lang: Literal["en", "zh"] = Field("en", description="Language of messages: en or zh.")

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("lang", mode="before")
    @classmethod
    def _language(cls, value: object) -> object:
        return value.lower()[:2] if isinstance(value, str) else value

    @field_validator("clock_tolerance")
    @classmethod
    def _tolerances(cls, value: str) -> str:
        _clock_tolerances(value)
        return value

    @field_validator("embedded_heap")
    @classmethod
    def _heap(cls, value: str) -> str:
        match = re.fullmatch(r"(\d{1,6})([mg])", value.lower())
        if match is None or int(match[1]) * {"m": 1, "g": 1024}[match[2]] < SMALLEST_HEAP_MB:
            raise ValueError(text("settings.heap", smallest=f"{SMALLEST_HEAP_MB}m"))
        return value.lower()

    @field_validator("embedded_java_options")
    @classmethod
    def _java_options(cls, value: str) -> str:
        try:
            shlex.split(value)
        except ValueError:
            raise ValueError(text("settings.java_options")) from None
        return value

    @field_validator("database_uri")
    @classmethod
    def _uri(cls, value: str | None) -> str | None:
        if value is not None:
            check_uri(value)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        user, password = self.database_user is not None, self.database_password is not None
        if self.database_uri is None and (user or password):
            raise ValueError(text("settings.login_without_uri"))
        if user != password:
            raise ValueError(text("settings.half_a_login"))
        return self

    @property
    def clock_tolerances(self) -> ClockTolerance:
        """How far the clock of each source system may be off."""
        return _clock_tolerances(self.clock_tolerance)

    @property
    def embedded(self) -> bool:
        """Whether the embedded database is used: no address of another is configured."""
        return self.database_uri is None


def _clock_tolerances(told: str) -> ClockTolerance:
    return merged(map(parse_tolerance, filter(None, told.split(","))))


def check_uri(uri: str) -> None:
    """Raise ValueError when this cannot be the address of a Neo4j server."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(text("settings.uri_form")) from None
    if parts.scheme not in URI_SCHEMES:
        raise ValueError(text("settings.uri_scheme", schemes=", ".join(URI_SCHEMES)))
    if "@" in parts.netloc:
        raise ValueError(text("settings.uri_login"))
    if not host:
        raise ValueError(text("settings.uri_form"))


def read_settings(**given: Any) -> Settings:
    """The settings from the environment, with ``given`` taking precedence.

    Raises InvalidInput (code ``invalid_settings``) naming every variable that is
    wrong and why; the values themselves are never repeated.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        raise InvalidInput("invalid_settings", reason=_reasons(error)) from None


def _reasons(error: ValidationError) -> str:
    return "; ".join(
        _variable(item["loc"]) + item["msg"].removeprefix("Value error, ")
        for item in error.errors(include_url=False, include_input=False)
    )


def _variable(location: tuple[int | str, ...]) -> str:
    return f"{PREFIX}{str(location[0]).upper()}: " if location else ""
