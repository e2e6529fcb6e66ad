"""What the outside sees: metrics, health, the snapshot as JSON, and a status page."""
