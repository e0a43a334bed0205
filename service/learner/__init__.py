"""From the log to weights: reads, folds, publishes; who may, and how a model is made anew."""
