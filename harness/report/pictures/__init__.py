"""Pictures of a run, drawn by matplotlib, which is loaded only then: SVG and PNG.

Enters: the facts of a run. Leaves: a picture as text or bytes, or why it cannot be drawn. One file
per picture: what it shows, its table, and how it is drawn. The same run gives the same bytes.
"""
