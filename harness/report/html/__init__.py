"""A run, or several, as one HTML page: no script, nothing loaded, readable without styles.

Enters: runs and their trials. Leaves: a page. Jinja2 escapes every text; the only markup that it is
given are the pictures, which ``harness.report.pictures`` makes, and the style.
"""
