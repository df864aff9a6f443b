"""What stands where in the hall, and the grid laid over it."""
