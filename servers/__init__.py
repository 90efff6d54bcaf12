"""Targets: the servers that clients are measured against; ``base`` is the contract."""

OWNER = "clientbench"
