"""How long a test waits for what another process or thread does.

Not a measurement: a wait ends as soon as what it waits for is there. So it is as long as only a hang takes, however
busy the machine is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

PATIENCE_S = 500.0
PATIENCE_MS = int(PATIENCE_S * 1000)


class PatientQtBot(QtBot):
    """Waits as long as only a hang takes where pytest-qt gives up after five seconds."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **how: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **how)

    def waitSignals(self, signals: Any, *, timeout: int = PATIENCE_MS, **how: Any) -> Any:
        return super().waitSignals(signals, timeout=timeout, **how)

    def waitCallback(self, *, timeout: int = PATIENCE_MS, **how: Any) -> Any:
        return super().waitCallback(timeout=timeout, **how)


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> PatientQtBot:
    """pytest-qt's, with patience."""
    return PatientQtBot(request)
