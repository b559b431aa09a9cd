-- Webhooks: where an org wants to be told, and what it was told.
create table webhooks (
  org_id text not null references orgs on delete cascade,
  id text not null,
  url text not null,
  description text not null,
  -- Types of events; none means all.
  events text[] not null,
  -- Sealed with the keyring: what is signed with must be read again, so a hash won't do.
  secret_key_id text not null,
  secret bytea not null,
  old_secret_key_id text,
  old_secret bytea,
  old_secret_until timestamptz,
  enabled boolean not null default true,
  -- Since when every delivery has failed.
  failing_since timestamptz,
  created_at timestamptz not null default now(),
  created_by text not null,
  primary key (org_id, id)
);

create table webhook_deliveries (
  org_id text not null,
  webhook_id text not null,
  -- The event's id: the same for each endpoint and each attempt.
  id text not null,
  type text not null,
  body text not null,
  created_at timestamptz not null,
  state text not null check (state in ('PENDING', 'DELIVERED', 'FAILED')),
  attempts int not null default 0,
  -- When it is tried next, while it is PENDING.
  next_at timestamptz,
  last_at timestamptz,
  last_status int,
  last_error text,
  primary key (org_id, webhook_id, id),
  foreign key (org_id, webhook_id) references webhooks on delete cascade
);
create index webhook_deliveries_due on webhook_deliveries (org_id, webhook_id, next_at) where state = 'PENDING';
create index webhook_deliveries_log on webhook_deliveries (org_id, webhook_id, created_at desc, id desc);

do $$
declare t text;
begin
  foreach t in array array['webhooks', 'webhook_deliveries'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy own_org on %I to booflow_app using (org_id = (select current_org())) '
                   'with check (org_id = (select current_org()))', t);
    execute format('grant select, insert, update, delete on %I to booflow_app', t);
  end loop;
end $$;

-- The log of deliveries goes back thirty days. In batches; gives how many rows went.
create function delete_old_deliveries(at timestamptz, most int) returns int
  language plpgsql volatile security definer set search_path from current as $$
declare gone int;
begin
  delete from webhook_deliveries where ctid in (
    select ctid from webhook_deliveries d
    where d.state <> 'PENDING' and d.created_at < delete_old_deliveries.at - interval '30 days' limit most);
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke execute on function delete_old_deliveries from public;
grant execute on function delete_old_deliveries to booflow_app;
