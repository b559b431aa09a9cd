-- Up Migration

-- The role every request runs as. It owns nothing, so row-level security binds it.
do $$
begin
  if not exists (select from pg_roles where rolname = 'booflow_app') then
    create role booflow_app nologin;
  end if;
exception
  when duplicate_object or unique_violation then null; -- another database of this cluster was faster
  when insufficient_privilege then
    raise exception '% may not create roles. Have one who may run: create role booflow_app nologin; grant booflow_app to %;',
      current_user, quote_ident(current_user);
end $$;
do $$
begin
  execute format('grant booflow_app to %I', current_user);
exception when insufficient_privilege then
  -- One who may has given it: else this says no.
  set local role booflow_app;
  reset role;
end $$;
do $$ begin execute format('grant usage on schema %I to booflow_app', current_schema()); end $$;

-- Who the transaction acts for, set by withOrg and withUser. Unset or empty means nobody: no row is seen.
create function current_org() returns text language sql stable parallel safe
  as $$ select nullif(current_setting('app.org_id', true), '') $$;
create function acting_user() returns text language sql stable parallel safe
  as $$ select nullif(current_setting('app.user_id', true), '') $$;

create table orgs (
  id text primary key,
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null check (length(name) between 1 and 200),
  plan text not null default 'FREE',
  created_at timestamptz not null default now()
);

create table users (
  id text primary key,
  email text not null check (email = lower(email) and length(email) <= 254),
  name text not null check (length(name) between 1 and 200),
  password_hash text,
  created_at timestamptz not null default now()
);
create unique index users_email on users (email);

create table memberships (
  org_id text not null references orgs on delete cascade,
  user_id text not null references users on delete cascade,
  role text not null check (role in ('OWNER', 'ADMIN', 'MEMBER')),
  created_at timestamptz not null default now(),
  primary key (org_id, user_id)
);
create index memberships_user on memberships (user_id);

-- org_id null: public, in the marketplace.
create table templates (
  id text primary key,
  org_id text references orgs on delete cascade,
  name text not null,
  description text not null,
  category text not null,
  version int not null default 1,
  step_count int not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index templates_list on templates (org_id, lower(name), id);

-- Published versions never change; running flows carry their own copy anyway.
create table template_versions (
  template_id text not null references templates on delete cascade,
  version int not null,
  org_id text references orgs on delete cascade,
  definition jsonb not null,
  published_at timestamptz not null default now(),
  primary key (template_id, version)
);

-- The read model: what lists are answered from. Written by the projection alone, each row guarded by its version.
create table flows (
  org_id text not null references orgs on delete cascade,
  id text not null,
  name text not null,
  template_id text not null,
  template_name text not null,
  template_version int not null,
  status text not null,
  percent int not null,
  done int not null,
  counting int not null,
  created_at timestamptz not null,
  created_by jsonb not null,
  start_date timestamptz,
  paused_at timestamptz,
  finished_at timestamptz,
  feed_length int not null,
  version int not null,
  updated_at timestamptz not null,
  primary key (org_id, id)
);
create index flows_list on flows (org_id, created_at desc, id desc);
create index flows_by_status on flows (org_id, status, created_at desc, id desc);
create index flows_changed on flows (org_id, updated_at desc);
create index flows_by_name on flows (org_id, lower(name) text_pattern_ops);

create table tasks (
  org_id text not null,
  flow_id text not null,
  id text not null,
  position int not null,
  key text not null,
  title text not null,
  description text not null,
  type text not null,
  status text not null,
  fields jsonb not null,
  hint jsonb not null,
  due jsonb,
  depends_on text[] not null,
  assignee_kind text,
  assignee_id text,
  assignee_name text,
  due_at timestamptz,
  -- Tasks without a due date come last, and a keyset needs a value to go on from.
  due_order timestamptz not null generated always as (coalesce(due_at, 'infinity'::timestamptz)) stored,
  ready_at timestamptz,
  done_at timestamptz,
  done_by jsonb,
  answers jsonb,
  round int not null,
  version int not null,
  primary key (org_id, flow_id, id),
  foreign key (org_id, flow_id) references flows on delete cascade
);
create index tasks_by_status on tasks (org_id, status, due_order, id);
create index tasks_by_assignee on tasks (org_id, assignee_kind, assignee_id, status, due_order, id);
create index tasks_by_id on tasks (org_id, id);
create index tasks_by_title on tasks (org_id, lower(title));
create index tasks_ready on tasks (org_id, flow_id, due_order, position) where status = 'READY';

create table external_users (
  org_id text not null,
  flow_id text not null,
  id text not null,
  email text not null,
  name text not null,
  role text not null,
  invitation text not null,
  invited_at timestamptz not null,
  version int not null,
  primary key (org_id, flow_id, id),
  foreign key (org_id, flow_id) references flows on delete cascade
);
create index external_users_by_email on external_users (org_id, email);

create table feed (
  org_id text not null,
  flow_id text not null,
  seq int not null,
  at timestamptz not null,
  by jsonb not null,
  what text not null,
  task_id text,
  text text not null,
  primary key (org_id, flow_id, seq),
  foreign key (org_id, flow_id) references flows on delete cascade
);

create table comments (
  org_id text not null,
  flow_id text not null,
  id text not null,
  task_id text not null,
  at timestamptz not null,
  by jsonb not null,
  text text not null,
  version int not null,
  primary key (org_id, flow_id, id),
  foreign key (org_id, flow_id) references flows on delete cascade
);
create index comments_by_task on comments (org_id, flow_id, task_id, at);

-- How many flows an org has in each status, so that a count costs the same at 100 and at 100,000 flows.
create table flow_counts (
  org_id text not null references orgs on delete cascade,
  status text not null,
  n int not null,
  primary key (org_id, status)
);
create function count_flows() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' and (tg_op = 'DELETE' or old.status <> new.status) then
    update flow_counts set n = n - 1 where org_id = old.org_id and status = old.status;
  end if;
  if tg_op <> 'DELETE' and (tg_op = 'INSERT' or old.status <> new.status) then
    insert into flow_counts values (new.org_id, new.status, 1)
      on conflict (org_id, status) do update set n = flow_counts.n + 1;
  end if;
  return null;
end $$;
create trigger flows_counted after insert or update of status or delete on flows
  for each row execute function count_flows();

-- Which mail was handed over, by the key the flow gave it: a retry finds it here.
create table mails (
  org_id text not null references orgs on delete cascade,
  key text not null,
  flow_id text not null,
  kind text not null,
  to_address text not null,
  subject text not null,
  sent_at timestamptz not null default now(),
  primary key (org_id, key)
);

-- The dev mailbox: what would have gone to a mail server. Empty in production.
create table dev_mails (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  key text not null unique,
  from_address text not null,
  to_address text not null,
  subject text not null,
  text text not null,
  html text not null
);

create table magic_links (
  secret_hash bytea primary key,
  org_id text not null references orgs on delete cascade,
  flow_id text not null,
  external_id text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index magic_links_flow on magic_links (org_id, flow_id, external_id);
create index magic_links_expiry on magic_links (expires_at);

create table portal_sessions (
  secret_hash bytea primary key,
  org_id text not null references orgs on delete cascade,
  flow_id text not null,
  external_id text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index portal_sessions_flow on portal_sessions (org_id, flow_id, external_id);
create index portal_sessions_expiry on portal_sessions (expires_at);

create table api_keys (
  id text primary key,
  org_id text not null references orgs on delete cascade,
  user_id text not null references users on delete cascade,
  name text not null check (length(name) between 1 and 200),
  secret_hash bytea not null unique,
  hint text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_org on api_keys (org_id, created_at);

-- Row-level security: each tenant table shows the rows of the acting org, and takes no other.
do $$
declare t text;
begin
  foreach t in array array['memberships','flows','tasks','external_users','feed','comments','flow_counts','mails',
                           'magic_links','portal_sessions','api_keys'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy own_org on %I to booflow_app using (org_id = (select current_org())) '
                   'with check (org_id = (select current_org()))', t);
    execute format('grant select, insert, update, delete on %I to booflow_app', t);
  end loop;
end $$;

alter table orgs enable row level security;
create policy own_org on orgs to booflow_app using (id = (select current_org())) with check (id = (select current_org()));
create policy my_orgs on orgs for select to booflow_app
  using (exists (select from memberships m where m.org_id = orgs.id and m.user_id = (select acting_user())));
create policy my_memberships on memberships for select to booflow_app using (user_id = (select acting_user()));
grant select, insert, update, delete on orgs to booflow_app;

alter table users enable row level security;
create policy same_org on users for select to booflow_app
  using (exists (select from memberships m where m.user_id = users.id and m.org_id = (select current_org())));
create policy self on users to booflow_app using (id = (select acting_user())) with check (id = (select acting_user()));
grant select, insert, update, delete on users to booflow_app;

-- Public templates (org_id null) are for all to read and for nobody to write.
alter table templates enable row level security;
create policy own_org on templates to booflow_app using (org_id = (select current_org())) with check (org_id = (select current_org()));
create policy public_read on templates for select to booflow_app using (org_id is null);
alter table template_versions enable row level security;
create policy own_org on template_versions to booflow_app using (org_id = (select current_org())) with check (org_id = (select current_org()));
create policy public_read on template_versions for select to booflow_app using (org_id is null);
grant select, insert, update, delete on templates, template_versions to booflow_app;

grant select, insert on dev_mails to booflow_app;

-- The few look-ups that come before an org is known. Each takes a secret's hash or an address, and gives one row.
create function find_api_key(hash bytea)
  returns table (id text, org_id text, user_id text, role text, user_name text, email text, last_used_at timestamptz)
  language sql stable security definer set search_path from current as $$
  select k.id, k.org_id, k.user_id, m.role, u.name, u.email, k.last_used_at
  from api_keys k
  join memberships m on m.org_id = k.org_id and m.user_id = k.user_id
  join users u on u.id = k.user_id
  where k.secret_hash = hash and k.revoked_at is null
$$;
create function find_magic_link(hash bytea)
  returns table (org_id text, flow_id text, external_id text)
  language sql stable security definer set search_path from current as $$
  select l.org_id, l.flow_id, l.external_id from magic_links l where l.secret_hash = hash and l.expires_at > now()
$$;
create function find_portal_session(hash bytea)
  returns table (org_id text, flow_id text, external_id text)
  language sql stable security definer set search_path from current as $$
  select s.org_id, s.flow_id, s.external_id from portal_sessions s where s.secret_hash = hash and s.expires_at > now()
$$;
create function find_user_by_email(address text)
  returns table (id text, name text, email text, password_hash text)
  language sql stable security definer set search_path from current as $$
  select u.id, u.name, u.email, u.password_hash from users u where u.email = lower(address)
$$;
create function find_org_by_slug(wanted text) returns table (id text, name text)
  language sql stable security definer set search_path from current as $$
  select o.id, o.name from orgs o where o.slug = wanted
$$;
revoke execute on function find_api_key, find_magic_link, find_portal_session, find_user_by_email, find_org_by_slug from public;
grant execute on function find_api_key, find_magic_link, find_portal_session, find_user_by_email, find_org_by_slug to booflow_app;
