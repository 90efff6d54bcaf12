"""Request methods, and the bodies that some of them carry."""

from __future__ import annotations

__all__ = ["BODY_METHODS", "MAX_BODY_BYTES", "MAX_BODY_MIB", "METHODS"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
BODY_METHODS = ("POST", "PUT", "PATCH", "DELETE")
MAX_BODY_MIB = 1024  # limit of the embedded target at "/", which keeps bodies in memory
MAX_BODY_BYTES = MAX_BODY_MIB * 2**20
