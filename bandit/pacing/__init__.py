"""What campaigns may spend, and how a budget is spread over its time. Knows no store and no clock."""
