"""What the shopper sees: typed slots, variants of one template, pictures measured, HTML made safe."""
