"""The settings, from `PINGPONG_*` in the environment. Each field says what it accepts."""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "PINGPONG_"
NAME = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
PORT = "a port from 1 to 65535"
RATE = "a number from 0 to 1"
SWITCH = "true or false"
EVERYWHERE = "0.0.0.0"  # noqa: S104 # probes and the mesh's proxy come by the pod's address


class BadSettings(Exception):
    """The environment cannot be used; `reasons` holds everything that is wrong, one line each."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class LogFormat(StrEnum):
    """How a log line is written."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class LogLevel(StrEnum):
    """The lowest level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def knob(default: Any, does: str, accepts: str, **limits: Any) -> Any:
    """Return one field: its default, what it does, what it accepts, and its limits."""
    if isinstance(default, float):
        limits.setdefault("allow_inf_nan", False)
    return Field(default, description=does, json_schema_extra={"accepts": accepts}, **limits)


def seconds(default: float, does: str, least: float = 0, most: float = 3600) -> Any:
    """Return one field that holds a time."""
    return knob(default, does, f"seconds from {least:g} to {most:g}", ge=least, le=most)


class Settings(BaseSettings):
    """All settings of the service."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    name: str = knob("pingpong", "The name of this service in answers and traces.", "a DNS label", pattern=NAME)
    host: str = knob(EVERYWHERE, "The address to listen on.", "an IP address or a host name", min_length=1)
    port: int = knob(8080, "The port for HTTP.", PORT, ge=1, le=65535)
    metrics_port: int = knob(9090, "The port for metrics.", PORT, ge=1, le=65535)
    sockets: Path | None = knob(
        None, "Listen on `http.sock` and `metrics.sock` in this folder instead of ports.", "a folder"
    )

    target: str = knob(
        "", "Where to send pings; empty: nowhere, it only answers them.", "an http:// or https:// URL without user"
    )
    interval: float = seconds(1.0, "Time from the start of one ping to the start of the next.", 0.01, 86400)
    jitter: float = knob(0.0, "The share by which an interval may be randomly longer or shorter.", RATE, ge=0, le=1)
    timeout: float = seconds(5.0, "The timeout of one ping.", 0.01)
    max_backoff: float = seconds(10.0, "The longest time between two pings while the target cannot be reached.", 0.01)

    keep_alive: int = knob(
        120,
        "How long an idle connection is kept; longer than proxies keep it, so that they close it first.",
        "whole seconds from 1 to 3600",
        ge=1,
        le=3600,
    )
    drain: float = seconds(
        0.5, "Time from becoming unready until it stops listening; `preStop` waits longer, for the endpoints.", most=600
    )
    grace: int = knob(
        10,
        "How long requests in flight may take after it stopped listening.",
        "whole seconds from 1 to 600",
        ge=1,
        le=600,
    )

    log_format: LogFormat = knob(LogFormat.AUTO, "`auto` is text on a terminal, else JSON.", "auto, json or text")
    log_level: LogLevel = knob(LogLevel.INFO, "The lowest level that is logged.", "debug, info, warning or error")
    log_requests: bool = knob(False, "Log each answered request; probes are never logged.", SWITCH)

    otlp_endpoint: str = knob(
        "",
        "Where spans are sent, by OTLP over HTTP; empty: they are not sent, but the trace context is passed on.",
        "an http(s) URL",
    )
    trace_ratio: float = knob(1.0, "The share of traces that are recorded, of those that start here.", RATE, ge=0, le=1)

    pod_name: str = knob("", "The pod, for traces.", "any text")
    pod_namespace: str = knob("", "The pod's namespace, for traces.", "any text")
    pod_ip: str = knob("", "The pod's address, for traces.", "any text")
    node_name: str = knob("", "The pod's node, for traces.", "any text")

    faults: bool = knob(False, "Allow the three faults below, for learning.", SWITCH)
    fault_delay: float = seconds(0.0, "Delay answers to `/ping` by this time.", most=60)
    fault_error_rate: float = knob(0.0, "Answer this share of requests to `/ping` with 500.", RATE, ge=0, le=1)
    fault_unready: bool = knob(False, "Answer `/ready` with 503.", SWITCH)

    @field_validator("fault_delay", "fault_error_rate", "fault_unready")
    @classmethod
    def _faults_are_allowed(cls, value: float, info: ValidationInfo) -> float:
        # A field that was itself refused is not in the data: what is said of it is enough.
        if value and info.data.get("faults") is False:
            raise PydanticCustomError("fault", "expected only together with PINGPONG_FAULTS=true")
        return value

    @field_validator("target", "otlp_endpoint")
    @classmethod
    def _url(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None
        if wrong or parts.port == 0 or re.search(r"[\s\x00-\x1f]", value):
            raise ValueError("not such a URL")
        return value


def read() -> Settings:
    """Return the settings in the environment, or raise BadSettings with all that is wrong."""
    reasons = [_unknown(variable) for variable in sorted(os.environ) if _is_unknown(variable)]
    try:
        settings = Settings()
    except ValidationError as error:
        told = [_explain(str(one["loc"][0]), one["msg"]) for one in error.errors(include_url=False)]
        raise BadSettings(*reasons, *told) from None
    if reasons:
        raise BadSettings(*reasons)
    return settings


def variables() -> Mapping[str, str]:
    """Return the field of every known variable."""
    return {PREFIX + name.upper(): name for name in Settings.model_fields}


def accepts(field: str) -> str:
    """Return in words what a field accepts."""
    extra = Settings.model_fields[field].json_schema_extra
    return str(extra["accepts"]) if isinstance(extra, dict) else ""


def _explain(field: str, message: str) -> str:
    variable = PREFIX + field.upper()
    value = next((os.environ[name] for name in os.environ if name.upper() == variable), "")
    # A password in a URL would otherwise end up in a log.
    shown = re.sub(r"//.*@", "//***@", value)
    return f"{variable}={shown}: {message if message.startswith('expected') else f'expected {accepts(field)}'}"


def _is_unknown(variable: str) -> bool:
    return variable.upper().startswith(PREFIX) and variable.upper() not in variables()


def _unknown(variable: str) -> str:
    # Its value is not shown: nobody knows what it was meant to be, and it may be a secret.
    # The prefix, alike in all, would make everything look near.
    words = [known.removeprefix(PREFIX) for known in variables()]
    close = get_close_matches(variable.upper().removeprefix(PREFIX), words, n=1)
    advice = f"did you mean {PREFIX}{close[0]}?" if close else "`python -m pingpong.reference settings` lists all"
    return f"{variable}: there is no such setting; {advice}"
