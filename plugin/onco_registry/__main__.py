"""`python -m onco_registry` is the command `onco-registry`."""

from onco_registry.cli import main

main()
