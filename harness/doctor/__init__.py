"""What this machine does to measurements: readings, judgements on them, and how to mend what is bad.

Enters: a machine, watched for some seconds. Leaves: findings with their effects and remedies. Imports
``records``, ``machine``, ``clients`` and, to watch without timer slack, ``worker``.
"""
