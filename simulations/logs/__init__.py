"""Logs from anywhere as batches of logged rounds. One file a source; none holds more of it in memory than a batch."""
