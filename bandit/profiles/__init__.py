"""What a user did and was shown, as a fold over what happened: pseudonymous, decaying, of bounded size."""
