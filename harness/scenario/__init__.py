"""The scenario of a run (clients, targets, load, length), and the plan made from it with a seed.

Enters: values that ``input`` read, or that a program gave. Leaves: a validated ``Scenario`` and its
``Plan``. Pure. Imports ``records`` and, for what a plan hands to workers, ``worker``.
"""
