-- Every batch of snapshots asked whether anything was wanted of its conversations, which nearly never is so. A
-- question of its own sees what was committed before it; the row, once it is locked, says what is so now.

alter table conversations add column changing boolean not null default false;
comment on column conversations.changing is
  'Whether conversation_changes has anything of it; kept by triggers on that';

-- By triggers, so that no writer of changes, of whatever version, can forget it. All of them have the
-- conversation locked.
create function axis_note_changing() returns trigger language plpgsql as $$
begin
  update conversations c set changing = true
  where c.id = new.conversation_id and not c.changing;
  return null;
end
$$;
comment on function axis_note_changing is 'Notes that something is wanted of a conversation';
create function axis_note_changed() returns trigger language plpgsql as $$
begin
  update conversations c set changing = false
  where c.id = old.conversation_id and c.changing
    and not exists (select from conversation_changes w where w.conversation_id = c.id);
  return null;
end
$$;
comment on function axis_note_changed is 'Notes that nothing is wanted of a conversation any more';
create trigger conversation_changes_begun after insert on conversation_changes
  for each row execute function axis_note_changing();
create trigger conversation_changes_ended after delete on conversation_changes
  for each row execute function axis_note_changed();

alter table conversations no force row level security;
alter table conversation_changes no force row level security;
update conversations c set changing = true
where exists (select from conversation_changes w where w.conversation_id = c.id);
alter table conversations force row level security;
alter table conversation_changes force row level security;
