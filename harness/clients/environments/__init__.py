"""Environments made for clients: one each, by uv, cached by content below the cache folder.

Resolve (``making``), make and lock (``cache``), run uv (``uv``) and explain its failures
(``failures``). Nothing here imports a client library, and nothing stores an index or a credential.
"""
