"""Finds the clients of each interpreter, and makes environments for those that are not there.

Enters: a selector. Leaves: descriptions that workers gave of themselves, bundles to start workers
from, environments made by uv, and the contaminations of each. Imports ``records``, ``scenario``,
``worker`` and, for git, ``machine``; never a client library.
"""
