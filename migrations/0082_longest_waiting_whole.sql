-- What was broken off in the migration before this one left an index that is kept up and not used. It is made again, for
-- which conversations are read and not written meanwhile. Then the one goes that it replaces: a version before this one
-- reads all of a tenant's conversations for its list of those who wait longest, as it did for the second page anyway.
-- Where somebody reads or writes for long, this gives up at once and is to be run again.

set local lock_timeout = '1s';

do $$
begin
  if exists (select from pg_index
             where indexrelid = 'conversations_longest_waiting'::regclass and not indisvalid) then
    reindex index conversations_longest_waiting;
  end if;
end
$$;

drop index if exists conversations_waiting;
