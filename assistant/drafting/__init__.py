"""What to say and how: templates, manners, and the message itself."""
