"""Recorded traffic: access logs and HAR files, read as plain requests with their times."""
