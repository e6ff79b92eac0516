"""Every job of the application without a window: `pemr-desktop scan`, `analyse`, `tags`, `covers`, `write`, `undo` …"""
