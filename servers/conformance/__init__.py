"""The conformance suite for targets; ``claims.CLAIMS`` lists what a target must do."""
