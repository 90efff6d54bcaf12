"""Names of the files that a target's processes share."""

CA, CERTIFICATE, KEY = "ca.pem", "certificate.pem", "key.pem"
LOG = "log"
