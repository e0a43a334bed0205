"""Answers requests for ads, in memory but for one look at what is known of the user. Nothing here waits for a write."""
