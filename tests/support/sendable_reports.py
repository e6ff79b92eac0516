"""Reports of the workers of a parallel run, fit to be sent: names of files that are no Unicode cannot be encoded."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest


def sendable(value: Any) -> Any:
    """The same with every lone surrogate shown as an escape, in texts at any depth."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {sendable(key): sendable(content) for key, content in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(sendable(content) for content in value)
    return value


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """What a worker sends to the process that began the run."""
    return sendable((yield))
