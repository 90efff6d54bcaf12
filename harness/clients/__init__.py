"""Finds the clients of each interpreter: their distributions, versions and abilities.

Enters: a selector. Leaves: descriptions that workers gave of themselves, bundles to start workers
from, and the contaminations of their environments. Imports ``records``, ``scenario`` and
``worker``; never a client library.
"""
