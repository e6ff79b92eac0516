"""What a person is told of an error, whatever raised it."""

from __future__ import annotations

import sqlite3

from pemr.errors import PemrError
from pemr_desktop.database_reasons import database_reason
from pemr_desktop.errors import PemrDesktopError, training_reason
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.system_reasons import system_reason


def reason_of(error: BaseException) -> Refusal:
    """What a person is told of an error, whatever it is: its own words only where they were made for people."""
    match error:
        case PemrDesktopError():
            return error.refusal
        case PemrError():
            return training_reason(error)
        case sqlite3.Error() | UnicodeDecodeError():
            return refusal("library cannot be used", reason=database_reason(error))
        case OSError():
            return refusal("refused by system", reason=system_reason(error))
        case MemoryError():
            return refusal("out of memory")
    return refusal("unexpected")
