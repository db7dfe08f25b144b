-- When the silence began, and the names of the mail with the contact from then on that was there to be judged.
ALTER TABLE draft ADD COLUMN since INTEGER;
ALTER TABLE draft ADD COLUMN known TEXT NOT NULL DEFAULT '[]';
