"""This machine: its processors, limits and kernel, its description, and its load during a run.

Enters: process ids and sets of CPUs. Leaves: readings and plain JSON. Imports ``records``.
"""
