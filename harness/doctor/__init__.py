"""Finds what disturbs measurements on this machine: readings, judgements on them, and remedies.

Enters: a machine, watched for some seconds. Leaves: findings with their effects and remedies.
Imports ``records``, ``machine``, ``clients`` and, to watch without timer slack, ``worker``.
"""
