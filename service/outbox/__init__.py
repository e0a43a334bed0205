"""What this host accepted, on disk until it stands in the log, each row once."""
