"""Lints: what a rulebook may say, and should not. `inspection.inspect` is the way in."""
