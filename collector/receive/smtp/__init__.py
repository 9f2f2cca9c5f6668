"""Mail in over SMTP and LMTP: aiosmtpd's protocol with our own reading, limits and answers (RFC 5321, RFC 2033).

The way of a mail: `server` (sockets, start and stop) -> `connection` (bytes, time, one client) -> `session` (the
verbs) -> `intake` (ingest, then the store) -> the answer, after the commit (rule 1).
"""
