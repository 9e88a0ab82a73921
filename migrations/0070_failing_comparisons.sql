-- An account that nobody can compare: since when, so that somebody is told.

set local lock_timeout = '1s';

alter table reconciliations add column failing_since timestamptz;
comment on column reconciliations.failing_since is
  'When the first of the failures in a row was; null if the last try succeeded';
