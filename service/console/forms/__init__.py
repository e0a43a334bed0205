"""Forms made of msgspec structs: the inputs of a struct, what they show of a value, and the value read back."""
