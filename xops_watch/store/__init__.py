"""The state file: readings, triggers, transitions and the outbox, in SQLite.

`sqlite.SqliteStore` is the way in. `opening` makes or opens the file, `filesystem` says which
journal is safe where it lies, `migrations` holds the schema, `observations`, `triggers` and
`outbox` one group of tables each, `codec` how values become columns, `failure` how SQLite's
errors become ours.
"""
