"""Widgets that every page may use; they know no page."""
