"""The demo: shoppers who visit a running service over HTTP, and what came of it."""
