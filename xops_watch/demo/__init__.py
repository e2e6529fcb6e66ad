"""The demo: a stack that grows on an embedded AWS, watched by the same daemon as anywhere."""
