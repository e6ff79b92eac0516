"""`python -m pemr.command` is `pemr-train`."""

from __future__ import annotations

from pemr.command import main

main()
