"""Files, threads and redaction of credentials."""
