"""The ad manager's pages, made on the server: they do what the API does, by the same functions and checks."""
