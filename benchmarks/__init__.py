"""What the product is held to, measured: `python -m benchmarks`, or `make bench`."""
