"""The data that packages exchange, as plain values: trials, runs, comparisons, histograms,
warnings.

Enters: numbers that others measured or computed. Leaves: the same, with a name and a unit. Imports
the modules beside the packages, ``servers.spec``, and the trace points of ``worker``.
"""
