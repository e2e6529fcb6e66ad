"""What every AWS adapter shares: how failures are told apart, and what ECS runs."""
