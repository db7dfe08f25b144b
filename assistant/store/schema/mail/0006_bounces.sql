-- Mail that came back is looked for in every sweep, and rare.
CREATE INDEX message_bounce ON message (id) WHERE kind = 'bounce';
