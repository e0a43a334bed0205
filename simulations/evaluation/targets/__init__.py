"""Policies to ask a log about. One file a kind, one interface: probabilities of candidates, batch by batch."""
