"""`python -m clearedge_tui` is the same as `clearedge`."""

from clearedge_tui.cli.main import main

main()
