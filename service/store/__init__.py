"""Redis: every key, command and connection. The only door to it."""
