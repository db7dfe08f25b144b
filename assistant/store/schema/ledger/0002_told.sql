-- Of which trouble on_trouble_command was told (its code), NULL when of none that still lasts.
ALTER TABLE account ADD COLUMN told TEXT;
