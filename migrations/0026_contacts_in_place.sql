-- Nearly every event has its contact, with a newer version and all else as it was. While its page has room, such a row
-- is written beside its predecessor; where it had none, it went elsewhere and each part of its name, address and number
-- was entered again into the index that finds them. Pages that are full already empty themselves row by row.

alter table contacts set (fillfactor = 70);
