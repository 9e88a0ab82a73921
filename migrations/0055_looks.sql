-- A reply of unknown outcome is not given up at the first look that fails.
-- Where somebody reads for long, as a backup does, this gives up at once and is to be run again.

set local lock_timeout = '1s';

alter table outbox add column looks integer not null default 0;
comment on column outbox.looks is 'Times that Chatwoot could not be asked for the reply, since its last try';
