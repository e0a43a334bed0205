"""Every loop over numbers, compiled; the only door to numba.

Callers validate. A kernel neither raises, logs, draws nor reads anything but its arguments.
"""
