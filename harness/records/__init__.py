"""What crosses the seams between packages, as plain values: trials, runs, comparisons, histograms, doubts.

Enters: numbers that others measured or computed. Leaves: the same, with a name and a unit. Imports the ground
floor and what they are about: ``servers.spec`` and the trace points of ``worker``.
"""
