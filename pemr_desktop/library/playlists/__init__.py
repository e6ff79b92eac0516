"""Lists of tracks: kept in the library, and carried to other programs and back."""
