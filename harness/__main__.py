"""``python -m harness`` is ``clientbench``."""

from harness.cli.main import main

main()
