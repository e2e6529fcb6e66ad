"""Tries out what the daemon needs, and says of each thing whether it is there and how to fix it."""
