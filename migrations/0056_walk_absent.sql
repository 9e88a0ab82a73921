-- A walk that came to a page that it could not read, behind many numbers that no conversation had, never got past it.
set local lock_timeout = '1s';

alter table reconciliations add column walk_absent bigint not null default 0;
comment on column reconciliations.walk_absent is
  'How many numbers after walk_place no conversation has, where the walk has looked for them one by one';
