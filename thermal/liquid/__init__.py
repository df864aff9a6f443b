"""Liquid loops: flows, pressures and temperatures of a network."""
