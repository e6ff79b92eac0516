"""The last line of a run: how many tests passed, failed and were skipped, and why they were skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pytest

_OUTCOMES = ("passed", "failed", "error", "skipped")


def last_line(reports: Mapping[str, list[pytest.TestReport]]) -> str:
    """`reports`: those of pytest by outcome."""
    counts = ", ".join(f"{len(reports.get(outcome, []))} {outcome}" for outcome in _OUTCOMES)
    reasons = _reasons(reports.get("skipped", []))
    return f"{counts}: {reasons}" if reasons else counts


def _reasons(skipped: Iterable[pytest.TestReport]) -> str:
    counted = Counter(_reason(report) for report in skipped)
    return "; ".join(f"{count} × {reason}" for reason, count in counted.most_common())


def _reason(report: pytest.TestReport) -> str:
    where_and_why = report.longrepr
    why = where_and_why[2] if isinstance(where_and_why, tuple) else str(where_and_why)
    return why.removeprefix("Skipped: ")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Written after everything that pytest itself writes, once: the workers of a parallel run have no terminal."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats and not hasattr(config, "workerinput"):
        reporter.write_line(last_line(reporter.stats))
