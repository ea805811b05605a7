"""Painters: pure functions from data to cells."""
