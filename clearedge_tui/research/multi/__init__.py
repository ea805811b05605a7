"""Engines of many markets on the level of returns: prices in, weights and returns out, no orders."""
