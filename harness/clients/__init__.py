"""Which clients there are, in which interpreters, with which distributions, and what they can do.

Enters: a selector. Leaves: descriptions that workers gave of themselves, bundles to start workers from, and
what their environments are contaminated with. Imports ``records``, ``scenario`` and ``worker``; never a
client library.
"""
