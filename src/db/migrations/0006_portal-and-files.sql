-- Up Migration

-- Internal: for members only. Client: for the client whose task it is on, too. What clients themselves wrote before
-- was meant for both.
alter table comments add column audience text not null default 'internal' check (audience in ('internal', 'client'));
update comments set audience = 'client' where by ->> 'kind' = 'external';

-- What a client has filled in and not sent yet. Lives here and never in the flow.
create table form_drafts (
  org_id text not null,
  flow_id text not null,
  task_id text not null,
  external_id text not null,
  answers jsonb not null,
  comment text not null,
  updated_at timestamptz not null,
  primary key (org_id, flow_id, task_id, external_id),
  foreign key (org_id, flow_id) references flows on delete cascade
);

-- Files people gave as answers; their bytes are in the file store under `store_key`.
create table files (
  org_id text not null,
  id text not null,
  flow_id text not null,
  task_id text not null,
  field_key text not null,
  store_key text not null unique,
  name text not null check (length(name) between 1 and 255),
  uploaded_by jsonb not null,
  uploader_id text not null,
  created_at timestamptz not null,
  -- The bytes are still coming in, or are all there.
  state text not null check (state in ('UPLOADING', 'STORED')),
  size bigint,
  -- As the bytes say, whatever was declared.
  media_type text,
  sha256 bytea,
  -- When the flow took it as an answer; what is kept stays as long as the flow. Null: nobody has sent it yet.
  kept_at timestamptz,
  primary key (org_id, id),
  foreign key (org_id, flow_id) references flows on delete cascade
);
create index files_of_task on files (org_id, flow_id, task_id);
create index files_not_kept on files (created_at) where kept_at is null;

-- Bytes whose row is gone: the clean-up takes them out of the store, and then this row.
create table file_remains (
  org_id text not null,
  store_key text not null,
  primary key (store_key)
);
create function note_file_remains() returns trigger language plpgsql as $$
begin
  insert into file_remains values (old.org_id, old.store_key) on conflict do nothing;
  return null;
end $$;
create trigger files_gone after delete on files for each row execute function note_file_remains();

-- Links and visits that are over, so that whoever holds one is told kindly what to do. They open nothing.
create table past_keys (
  secret_hash bytea primary key,
  org_id text not null,
  flow_id text not null,
  external_id text not null,
  gone_at timestamptz not null default now()
);
create index past_keys_age on past_keys (gone_at);
create function note_past_key() returns trigger language plpgsql as $$
begin
  insert into past_keys (secret_hash, org_id, flow_id, external_id)
    values (old.secret_hash, old.org_id, old.flow_id, old.external_id) on conflict do nothing;
  return null;
end $$;
create trigger magic_links_gone after delete on magic_links for each row execute function note_past_key();
create trigger portal_sessions_gone after delete on portal_sessions for each row execute function note_past_key();

-- When a client was last sent a new link on their own asking.
create table link_requests (
  org_id text not null,
  flow_id text not null,
  external_id text not null,
  asked_at timestamptz not null,
  primary key (org_id, flow_id, external_id),
  foreign key (org_id, flow_id) references flows on delete cascade
);

-- How many invitations each command asked for: an org sends so many an hour.
create table invitations_asked (
  org_id text not null references orgs on delete cascade,
  command_id text not null,
  at timestamptz not null,
  n int not null,
  primary key (org_id, command_id)
);
create index invitations_asked_at on invitations_asked (org_id, at);

do $$
declare t text;
begin
  foreach t in array array['form_drafts','files','file_remains','past_keys','link_requests','invitations_asked'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy own_org on %I to booflow_app using (org_id = (select current_org())) '
                   'with check (org_id = (select current_org()))', t);
    execute format('grant select, insert, update, delete on %I to booflow_app', t);
  end loop;
end $$;

-- Look-ups before an org is known. A link or visit that is over, or has only expired; the invitations of an address.
create function find_past_key(hash bytea) returns table (org_id text, flow_id text, external_id text)
  language sql stable security definer set search_path from current as $$
  select p.org_id, p.flow_id, p.external_id from past_keys p where p.secret_hash = hash
  union all
  select l.org_id, l.flow_id, l.external_id from magic_links l where l.secret_hash = hash
  limit 1
$$;
create function find_invitations(address text, most int) returns table (org_id text, flow_id text, external_id text)
  language sql stable security definer set search_path from current as $$
  select e.org_id, e.flow_id, e.id from external_users e
  join flows f on f.org_id = e.org_id and f.id = e.flow_id
  where e.email = lower(address) and e.invitation in ('SENT', 'ACCEPTED') and f.status = 'ACTIVE'
  order by e.invited_at desc limit most
$$;
create index external_users_anywhere on external_users (email);

-- Deletes what nobody has any use for: files that were never sent, drafts and requests of flows that ended, past keys.
-- At most `most` rows of each; gives how many went. Run until it gives none.
create function delete_left_over(at timestamptz, most int) returns int
  language plpgsql volatile security definer set search_path from current as $$
declare gone int; total int := 0;
begin
  delete from form_drafts where ctid in (
    select d.ctid from form_drafts d join flows f on f.org_id = d.org_id and f.id = d.flow_id
    where f.status in ('COMPLETED', 'CANCELLED') limit most);
  get diagnostics gone = row_count; total := total + gone;
  delete from files where ctid in (
    select f.ctid from files f
    where f.kept_at is null and f.created_at < at - interval '1 day'
      and not exists (
        select from form_drafts d where d.org_id = f.org_id and d.flow_id = f.flow_id and d.task_id = f.task_id
          and position(f.id in coalesce(d.answers ->> f.field_key, '')) > 0)
    limit most);
  get diagnostics gone = row_count; total := total + gone;
  delete from past_keys where secret_hash in (
    select secret_hash from past_keys p where p.gone_at < at - interval '180 days' limit most);
  get diagnostics gone = row_count; total := total + gone;
  delete from link_requests where ctid in (
    select ctid from link_requests r where r.asked_at < at - interval '1 day' limit most);
  get diagnostics gone = row_count; total := total + gone;
  delete from invitations_asked where ctid in (
    select ctid from invitations_asked i where i.at < delete_left_over.at - interval '1 day' limit most);
  get diagnostics gone = row_count; total := total + gone;
  return total;
end $$;
-- Bytes to take out of the store, and a way to say that they are.
create function list_file_remains(most int) returns table (store_key text)
  language sql stable security definer set search_path from current as $$
  select r.store_key from file_remains r limit most
$$;
create function forget_file_remains(keys text[]) returns void
  language sql volatile security definer set search_path from current as $$
  delete from file_remains r where r.store_key = any(keys)
$$;
do $$
declare f text;
begin
  foreach f in array array['find_past_key(bytea)','find_invitations(text, int)','delete_left_over(timestamptz, int)',
    'list_file_remains(int)','forget_file_remains(text[])'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to booflow_app', f);
  end loop;
end $$;
