"""An installation's data copied whole, and put back."""
