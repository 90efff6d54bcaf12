"""The view of ranks names the ratios without a verdict."""

STATEMENTS = ()
