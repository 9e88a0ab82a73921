-- What was broken off in the migration before this one left an index that is kept up and not used. It is made again, for
-- which everybody who reads or writes conversations waits. Where somebody does so for long, this gives up at once and is to
-- be run again.

set local lock_timeout = '1s';

do $$
begin
  if exists (select from pg_index
             where indexrelid = 'conversations_longest_waiting'::regclass and not indisvalid) then
    reindex index conversations_longest_waiting;
  end if;
end
$$;
