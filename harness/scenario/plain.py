"""The base class of every part of a scenario."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Plain"]


class Plain(BaseModel):
    """Plain data: frozen, nothing unknown in it, and no value in the messages of its errors."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )
