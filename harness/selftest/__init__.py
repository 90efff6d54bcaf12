"""The self-test: what clientbench says of this machine and of itself before it says anything of clients.

Enters: a machine, and how long it may take. Leaves: figures with their bounds, and what was judged of them.
Imports ``input``, because it runs scenarios as a user would, and ``records``, ``scenario``, ``machine``,
``clients``, ``analysis``, ``measure``, ``worker``.
"""
