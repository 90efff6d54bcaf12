"""Benchmarks of clientbench itself: figure, bound, machine, date.

Exit code 1 if a bound is missed.
"""
