"""The suite that every adapter passes: it ships, and needs nothing but Python.

``claims.CLAIMS`` is what it asks for. ``process`` checks one adapter, in the process that a worker of it would
see, against ``server``, which runs in a process of its own.
"""
