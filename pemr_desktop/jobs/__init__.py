"""The worker process, what it can be asked to do, and the clients that ask."""
