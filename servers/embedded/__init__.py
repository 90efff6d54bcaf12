"""The embedded target: our own HTTP/1.1 server process, with endpoints like httpbin's."""
