"""Everything that runs in the measured process.

Enters: a job and windows, as JSON lines. Leaves: rows of integers in shared memory, and events. Imports the
standard library and ``adapters`` alone.
"""
