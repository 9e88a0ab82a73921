-- What Chatwoot could not answer was only in the log.
set local lock_timeout = '1s';

alter table reconciliations add column unread text[] not null default '{}';
comment on column reconciliations.unread is
  'What could not be read since the last walk began, and why; at most twenty entries';
