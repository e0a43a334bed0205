"""The tables that products are matched by: made by one process, published through the store, kept on every host."""
