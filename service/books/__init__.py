"""The bookkeeper: takes in the logs, and keeps the states of users, spending and the archive of activity by them."""
