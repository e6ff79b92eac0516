"""The window: pages, dialogs and widgets. Reads the library and asks the worker for the rest."""
