"""Facts on disk: what was read, what was drafted, what the user chose."""
