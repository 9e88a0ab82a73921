-- What was broken off in the migration before this one left an index that is kept up and not used. It is made again, for
-- which tries are read and not written meanwhile.
-- Where somebody reads or writes for long, this gives up at once and is to be run again.

set local lock_timeout = '1s';

do $$
begin
  if exists (select from pg_index
             where indexrelid = 'outbound_attempts_of_conversation'::regclass and not indisvalid) then
    reindex index outbound_attempts_of_conversation;
  end if;
end
$$;
