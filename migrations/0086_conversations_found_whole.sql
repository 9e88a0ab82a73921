-- What was broken off while the indexes of conversations were made (0081, 0084, 0085) left one that is kept up and not used.
-- It is made again, for which everybody who reads or writes conversations waits. Where somebody does so for long, this gives
-- up at once and is to be run again.

set local lock_timeout = '1s';

do $$
declare
  broken regclass;
begin
  for broken in
    select indexrelid from pg_index
    where indexrelid in ('conversations_longest_waiting'::regclass, 'conversations_of_team'::regclass,
                         'conversations_of_inbox'::regclass)
      and not indisvalid
  loop
    execute format('reindex index %s', broken);
  end loop;
end
$$;
