"""The library on view: table, sidebar, query line, inspector and what can be done with tracks."""
