"""The covers page: matches in words, passages side by side, and the user's verdict."""
