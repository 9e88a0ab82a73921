-- A Chatwoot that was away for a night used up all the tries of what waited for it.
set local lock_timeout = '1s';
alter table outbox add column spared integer not null default 0;
comment on column outbox.spared is
  'Of the attempts, those that found no connection or were asked to come later: they do not bring the command nearer to its failure';
