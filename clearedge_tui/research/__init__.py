"""Honest research: what the figures of a strategy are worth after luck and searching are taken off."""
