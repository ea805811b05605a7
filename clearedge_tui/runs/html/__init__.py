"""A report as one HTML file: no scripts, no addresses, readable for years."""
