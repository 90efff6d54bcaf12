"""The embedded target: an HTTP/1.1 server process of our own, in httpbin's image."""
