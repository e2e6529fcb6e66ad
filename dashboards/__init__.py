"""The Grafana dashboard as code; not part of the installed package."""
