-- no-transaction
-- Each step is a transaction of its own that keeps nobody waiting for longer than a second: where somebody reads for
-- long, as a backup does, it gives up, and what is left is done when `axis migrate` is run again.

-- What changed may be too much to be listed. A walk that is under way does not come back to what it has behind it.
begin;
set local lock_timeout = '1s';
alter table reconciliations add column if not exists walk_again boolean not null default false;
comment on column reconciliations.walk_again is 'Another walk begins as soon as the one under way ends';
commit;

-- An account's history is older than the first month that has a part, so it lay in the default part, which is read
-- through, with nobody let in, whenever a month gets its part. From now on it has a part of its own. The default part
-- becomes that part as it is: no row is moved. First, nothing later may come into it, unless it has
-- rows of later months already and goes on taking them…
begin;
set local lock_timeout = '1s';
do $$
declare
  first text := (select min(right(c.relname::text, 7))
                 from pg_inherits i join pg_class c on c.oid = i.inhrelid
                 where i.inhparent = 'activities'::regclass
                   and c.relname ~ '^activities_\d{4}_\d{2}$');
begin
  if to_regclass('activities_before') is not null then
    return;
  end if;
  alter table activities_other drop constraint if exists activities_before;
  if exists (select from activities_other
             where occurred_at >= (replace(first, '_', '-') || '-01 00:00:00+00')::timestamptz) then
    raise warning 'the history stays in the default part of activities, which holds rows of later months too';
  else
    execute format('alter table activities_other
                      add constraint activities_before check (occurred_at < %L) not valid',
                   replace(first, '_', '-') || '-01 00:00:00+00');
  end if;
end
$$;
commit;

-- … then it is seen that nothing has, while everybody goes on reading and writing…
begin;
set local lock_timeout = '1s';
do $$
begin
  if exists (select from pg_constraint
             where conrelid = 'activities_other'::regclass and conname = 'activities_before') then
    alter table activities_other validate constraint activities_before;
  end if;
end
$$;
commit;

-- … and it is the part of all that was before, with an empty one in its place.
begin;
set local lock_timeout = '1s';
do $$
declare
  promise text := (select pg_get_constraintdef(oid) from pg_constraint
                   where conrelid = 'activities_other'::regclass and conname = 'activities_before');
begin
  if promise is not null then
    alter table activities detach partition activities_other;
    alter table activities_other rename to activities_before;
    execute format('alter table activities attach partition activities_before
                      for values from (minvalue) to (%L)', substring(promise from '''([^'']+)'''));
    alter table activities_before drop constraint activities_before;
    create table activities_other partition of activities default;
  end if;
end
$$;
commit;
