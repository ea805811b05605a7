"""A venue in a process of its own: one JSON line with its addresses when it listens."""

import sys

from clearedge_tui.venue_sim.serve import main

if __name__ == "__main__":
    sys.exit(main())
