"""The pure core: values and decisions; no clock, no I/O, no logging."""
