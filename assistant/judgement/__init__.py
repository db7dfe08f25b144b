"""Who has gone quiet, why, and whether to draft now or hold."""
