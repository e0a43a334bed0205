"""The engine's verbs with a socket, a clock and a Redis.

`settings` is the only reader of the environment, `wiring` of the clock; `store` is the only door to Redis and
`web` to Flask. Nothing is opened, read or started at import.
"""
