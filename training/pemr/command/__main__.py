"""`python -m pemr.command` is `pemr-train`."""

from pemr.command import main

main()
