-- Up Migration

-- Whose part changed: pages that are open look again at once whether they may go on.
create function tell_of_members() returns trigger language plpgsql as $$
begin
  perform pg_notify('booflow_changes', old.org_id || ' members');
  return null;
end $$;
create trigger membership_told after delete or update of role on memberships
  for each row execute function tell_of_members();
