-- Up Migration

-- What the mail server said when it refused the address for good; null when it took a mail since.
alter table external_users add column mail_refused text;

-- Who wants no reminders from an org: a member by their id, a client by their address, since they are one person in
-- all of its flows.
create table reminders_off (
  org_id text not null references orgs on delete cascade,
  kind text not null check (kind in ('member', 'external')),
  person text not null,
  since timestamptz not null default now(),
  primary key (org_id, kind, person)
);

-- The links of reminder mails that switch reminders off and on.
create table reminder_links (
  secret_hash bytea primary key,
  org_id text not null references orgs on delete cascade,
  kind text not null check (kind in ('member', 'external')),
  person text not null,
  expires_at timestamptz not null
);
create index reminder_links_expiry on reminder_links (expires_at);

do $$
declare t text;
begin
  foreach t in array array['reminders_off','reminder_links'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy own_org on %I to booflow_app using (org_id = (select current_org())) '
                   'with check (org_id = (select current_org()))', t);
    execute format('grant select, insert, update, delete on %I to booflow_app', t);
  end loop;
end $$;

create function find_reminder_link(hash bytea, at timestamptz)
  returns table (org_id text, kind text, person text)
  language sql stable security definer set search_path from current as $$
  select l.org_id, l.kind, l.person from reminder_links l where l.secret_hash = hash and l.expires_at > at
$$;
create function delete_old_reminder_links(at timestamptz, most int) returns int
  language plpgsql volatile security definer set search_path from current as $$
declare gone int;
begin
  delete from reminder_links where secret_hash in (select secret_hash from reminder_links l where l.expires_at < at limit most);
  get diagnostics gone = row_count;
  return gone;
end $$;
do $$
declare f text;
begin
  foreach f in array array['find_reminder_link(bytea, timestamptz)','delete_old_reminder_links(timestamptz, int)'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to booflow_app', f);
  end loop;
end $$;

-- The dev mailbox shows the headers that differ between mails.
alter table dev_mails add column unsubscribe text;
