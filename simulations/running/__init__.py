"""Policies at work in worlds: one runner, whoever asks and however many processes share the work."""
