"""Sweeps: many variants of one case, solved from each other's results."""
