-- Up Migration

-- What was made with a command id of the caller's own (Idempotency-Key): the same one again makes nothing and is
-- answered the same. Commands to flows are not here; a flow remembers its own.
create table commands_made (
  org_id text not null references orgs on delete cascade,
  command_id text not null,
  operation text not null,
  -- A hash of who asked for what.
  fingerprint text not null,
  made_at timestamptz not null,
  -- What was answered, sealed with the keyring: there may be a secret in it, or somebody's address. Written in the
  -- transaction that made it, so nobody sees a row without.
  answer bytea,
  answer_key_id text,
  primary key (org_id, command_id)
);
create index commands_made_old on commands_made (made_at);

alter table commands_made enable row level security;
create policy own_org on commands_made to booflow_app using (org_id = (select current_org()))
  with check (org_id = (select current_org()));
grant select, insert, update, delete on commands_made to booflow_app;

-- A command id is remembered for seven days. In batches; gives how many rows went.
create function delete_old_commands(at timestamptz, most int) returns int
  language plpgsql volatile security definer set search_path from current as $$
declare gone int;
begin
  delete from commands_made where ctid in (
    select ctid from commands_made c where c.made_at < delete_old_commands.at - interval '7 days' limit most);
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke execute on function delete_old_commands from public;
grant execute on function delete_old_commands to booflow_app;
