"""A venue of our own on loopback, which speaks as real ones do, to practise and to test against."""
