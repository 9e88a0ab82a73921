-- What was broken off in the two migrations before this one left an index that is kept up and not used. It is made again,
-- for which everybody who reads or writes conversations waits. Where somebody does so for long, this gives up at once and
-- is to be run again.

set local lock_timeout = '1s';

do $$
declare
  broken regclass;
begin
  for broken in
    select indexrelid from pg_index
    where indexrelid in ('conversations_of_team'::regclass, 'conversations_of_inbox'::regclass) and not indisvalid
  loop
    execute format('reindex index %s', broken);
  end loop;
end
$$;
