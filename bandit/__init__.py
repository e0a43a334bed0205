"""The engine: values in, values out.

Nothing here knows a network, a clock, an environment variable, Flask or Redis. Time and randomness are
arguments; the same arguments give the same bytes on any day.
"""
