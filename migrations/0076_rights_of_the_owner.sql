-- A function that has its owner's rights looked up tables and types among the caller's temporary ones first, so a user of
-- the programs could put something of their own in the place of a table, and have it carried out with those rights. Named
-- last, the temporary ones hide nothing. (What is `pg_catalog`'s comes before all, and tables are made in the schema that
-- is named first.) A function that is replaced loses its settings: these are to be given again.

do $$
declare
  definer regprocedure;
begin
  for definer in
    select p.oid from pg_proc p
    where p.pronamespace = current_schema()::regnamespace and p.prosecdef and p.proname ~ '^axis_'
  loop
    execute format('alter function %s set search_path = %I, pg_temp', definer, current_schema());
  end loop;
end
$$;
