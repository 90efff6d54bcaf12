"""The code that runs in the measured process.

Enters: a job and windows, as JSON lines. Leaves: rows of integers in shared memory, and events.
Imports only the standard library and ``adapters``.
"""
