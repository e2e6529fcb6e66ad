"""xops-watch: watches an AI stack's documented scaling triggers and names the step that is due."""

__version__ = "0.1.0"
