"""This machine: its processors, limits and kernel, a description of it, and what it did meanwhile.

Enters: process ids and sets of CPUs. Leaves: readings and plain JSON. Imports ``records``.
"""
