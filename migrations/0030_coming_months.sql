-- A new part locks its whole table for a moment, and whoever wants the table meanwhile waits behind it:
-- while a backup or a long read has the table, it gives up at once and is made later. Parts are made
-- two months ahead.
alter function axis_make_partitions(integer) set lock_timeout = '1s';
