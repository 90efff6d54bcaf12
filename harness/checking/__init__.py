"""Runs the conformance suites that ship, over adapters and targets.

Enters: selectors of clients, specifications of targets. Leaves: which claims hold, and why others
do not. Imports ``records``, ``scenario``, ``clients`` and ``measure``.
"""
