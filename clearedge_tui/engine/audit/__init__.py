"""The independent second look at a live account: its own client, its own process, its own hands."""
