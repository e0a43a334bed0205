"""What would the ads that were not shown have earned? One file a kind of model; each learns from shown ads alone."""
