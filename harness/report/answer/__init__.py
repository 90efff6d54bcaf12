"""The answer of a run on one screen: a table, the result, how far to trust it, warnings, what to type next.

Enters: a run, its trials, a width. Leaves: lines of styled text, none wider than that. Everything that has no
room here is among the details (``harness.report.details``) and in every exported file.
"""
