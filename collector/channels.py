"""The ways on which bytes come in (DESIGN, "Words")."""

MAIL_CHANNELS = ("smtp", "lmtp", "imap")  # what comes there is a mail
CHANNELS = ("smtp", "lmtp", "https", "imap", "import")
