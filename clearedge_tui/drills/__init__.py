"""Rehearsals on accounts of their own: what is to work when it matters is tried before, and can fail."""
