"""Which temporary files are being written, so that those of a process that was killed can be found and removed."""
