"""Names of the files that a target's processes share."""

# HAProxy looks for a certificate's key under this very name.
CA, CERTIFICATE, KEY = "ca.pem", "certificate.pem", "certificate.pem.key"
LOG = "log"
