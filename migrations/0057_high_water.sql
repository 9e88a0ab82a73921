-- Nothing told a database that was restored from a backup, or that failed over to a standby without the last commits,
-- from the one whose replies had already gone out.
create table high_water (
  single boolean primary key default true check (single),
  number bigint not null
);
comment on table high_water is
  'Counts on before outbound workers call Chatwoot; NATS is told each number, so that an older copy of this database is known by its lower one';
comment on column high_water.single is 'There is one row, or none before the first call';
alter table high_water enable row level security;
alter table high_water force row level security;
create policy worker on high_water to axis_worker using (true) with check (true);
grant select, insert, update on high_water to axis_worker;
