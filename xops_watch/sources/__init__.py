"""One provider per file: what it says, as readings and gaps; no decisions."""
