"""Whether adapters and targets do what is asked of them: the conformance suites that ship, run here.

Enters: selectors of clients, specifications of targets. Leaves: which claims hold, and why others do not.
Imports ``records``, ``scenario``, ``clients`` and ``measure``.
"""
