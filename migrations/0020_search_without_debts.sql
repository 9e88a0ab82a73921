-- A GIN index keeps a list of what it has not taken in yet, which one writer in a thousand then works off for
-- all of them: some 200 ms in which its transaction holds the rows of conversations. Every search reads that
-- list from end to end besides. Taken in at once, each event pays for its own words.

alter index contacts_search set (fastupdate = off);
alter index messages_search set (fastupdate = off);
select gin_clean_pending_list('contacts_search'), gin_clean_pending_list('messages_search');
