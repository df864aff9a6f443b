"""Heat rejection against outdoor conditions."""
