"""How a notice reaches people and machines: rendering (pure) and one file per receiver."""
