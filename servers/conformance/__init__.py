"""The suite that every target passes: it ships, and ``claims.CLAIMS`` is what it asks for."""
