"""Who may do what, and what proves where something comes from: API keys, roles, signatures, secrets."""
