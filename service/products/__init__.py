"""The shop's products: from feeds into the store, from there into a file of each host, from that into answers."""
