"""ClearEdge: the terminal console for NautilusTrader."""

__version__ = "0.1.0"
