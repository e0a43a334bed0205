"""Data that worlds and logs are made of: fetched, checked byte by byte, read."""
