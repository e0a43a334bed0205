"""Budgets kept by many workers: one process publishes what is left by the logs, each web worker holds a few ads."""
