-- no-transaction
-- Whoever removes files looked through all that were ever attached, since nothing told which messages were deleted. Made
-- while others read and write. One statement only: this one may be in no transaction, and several would be in one.

create index concurrently if not exists messages_deleted_with_files on messages (id)
  where deleted and uploads <> '[]';
