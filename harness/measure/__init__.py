"""The experiment: targets and workers started, slices interleaved, samples drained and folded,
rounds kept.

Enters: a ``Scenario``. Leaves: trials and a run in the store, and what was found on the way.
Imports ``records``, ``scenario``, ``machine``, ``clients``, ``worker``, and ``store`` and
``analysis``: a run is judged while it can still go on.
"""
