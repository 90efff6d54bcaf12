"""The answer of a run on one screen: a table, the result, its trust, warnings, next commands.

Enters: a run, its trials, a width. Leaves: lines of styled text, none wider than that. Everything
else is among the details (``harness.report.details``) and in every exported file.
"""
