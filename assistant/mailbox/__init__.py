"""The door to IMAP: the only room that speaks to a mail server."""
