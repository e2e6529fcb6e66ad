"""`python -m xops_watch` is `xops-watch`."""

from xops_watch.cli import main

main()
