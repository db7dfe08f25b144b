"""From header facts to threads, people, rhythms and cues."""
