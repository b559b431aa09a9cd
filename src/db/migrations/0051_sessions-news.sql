-- Up Migration

-- Who signs out, or is signed out: pages of that session that are open look again at once whether they may go on.
create function tell_of_sessions() returns trigger
  language plpgsql security definer set search_path from current as $$
begin
  perform pg_notify('booflow_changes', m.org_id || ' members') from memberships m where m.user_id = old.user_id;
  return null;
end $$;
revoke execute on function tell_of_sessions from public;
create trigger session_told after delete on sessions for each row execute function tell_of_sessions();
