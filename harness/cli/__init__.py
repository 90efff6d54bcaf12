"""The only part that prints, and the only one that chooses an exit code."""
