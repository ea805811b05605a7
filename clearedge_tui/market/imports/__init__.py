"""Files of market data, in many styles, as checked rows of the catalog."""
