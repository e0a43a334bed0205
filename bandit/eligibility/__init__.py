"""Which candidates may be shown for a request, and why each of the others may not. Knows no store and no clock."""
