"""Follow-up Assistant: notices mail that has gone quiet and lays courteous drafts into Drafts."""

__version__ = "0.1.0"
