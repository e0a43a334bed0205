"""Searches a policy's options on its own log: what is tried is declared, what wins is told from rounds kept apart."""
