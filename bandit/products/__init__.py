"""The shop's products: what a row of its feed says, and which rows match a user. Knows no store and no clock."""
