"""Turns flags, environment variables and presets into a scenario.

Enters: text. Leaves: a ``Scenario``, or one line about the field, the value and what is accepted.
Only this package knows how a field was typed. Only the command line and the self-test, which runs
scenarios as a user would, import it. Imports ``scenario``, ``records`` and, for the parts of a
load, ``worker``.
"""
