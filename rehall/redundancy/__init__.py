"""What breaks when something fails: every single failure of a case, by air, coolant and power."""
