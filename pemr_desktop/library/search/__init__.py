"""The query line: parsed, turned into conditions, answered with track ids."""
