"""The conformance suite for adapters: ships with clientbench, needs the standard library only.

``claims.CLAIMS`` lists what an adapter must do. ``process`` checks one adapter, in a process with
the same packages as a worker of this client. ``server`` is the server it talks to, in its own
process.
"""
