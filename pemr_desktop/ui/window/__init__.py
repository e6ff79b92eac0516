"""The window around the pages: menus, bars, dialogs, and its place on the desktop."""
