-- What changed may be too much to be listed. A walk that is under way does not come back to what it has behind it.
alter table reconciliations add column walk_again boolean not null default false;
comment on column reconciliations.walk_again is 'Another walk begins as soon as the one under way ends';
