"""Which products match a user: told by what users did together, what products say, and what is sought now."""
