"""Settings of a protocol from its defaults and `key=value` overrides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from pemr.errors import RecipeError
from pemr.recipe import apply_override

Settings = TypeVar("Settings", bound=msgspec.Struct)


def with_overrides(defaults: Settings, overrides: Sequence[str]) -> Settings:
    """Raises `RecipeError` for an unknown setting or a value of the wrong type."""
    values: dict[str, Any] = msgspec.to_builtins(defaults)
    for override in overrides:
        apply_override(values, override)
    try:
        return msgspec.convert(values, type(defaults), strict=True)
    except msgspec.ValidationError as error:
        known = ", ".join(type(defaults).__struct_fields__)
        raise RecipeError(f"{error}. Known settings: {known}") from error
