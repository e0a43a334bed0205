"""The shop under one other condition each: same shoppers, same catalog unless said, and the condition's own effect.

A condition changes the rounds of the plain shop, never its draws, so the same shoppers come in the same order.
"""
