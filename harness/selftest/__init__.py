"""The self-test: measures known quantities to check clientbench on this machine.

Enters: a machine, and how long it may take. Leaves: figures with their bounds, and verdicts on
them. Imports ``input``, because it runs scenarios as a user would, and ``records``, ``scenario``,
``machine``, ``clients``, ``analysis``, ``measure``, ``worker``.
"""
