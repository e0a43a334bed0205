"""What each part of the product adds: the engine with and without it, among the very same shoppers."""
