-- Up Migration

-- Claims on mails of processes that died, where the mail was not tried again: its flow had ended meanwhile. In batches; gives
-- how many rows went.
create function delete_old_claims(at timestamptz, most int) returns int
  language plpgsql volatile security definer set search_path from current as $$
declare gone int;
begin
  delete from mails_under_way where ctid in (
    select ctid from mails_under_way m where m.until < delete_old_claims.at - interval '1 day' limit most);
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke execute on function delete_old_claims from public;
grant execute on function delete_old_claims to booflow_app;
