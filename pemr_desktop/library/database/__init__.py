"""The SQLite file: connections, migrations, the lock, backups."""
