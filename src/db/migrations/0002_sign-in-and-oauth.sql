-- Up Migration

-- Browser sessions. They belong to a person, not to an org; `org_id` is where they look at the moment.
create table sessions (
  secret_hash bytea primary key,
  id text not null unique,
  user_id text not null references users on delete cascade,
  current_org text references orgs on delete set null,
  user_agent text not null,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null
);
create index sessions_user on sessions (user_id, created_at);
create index sessions_expiry on sessions (expires_at);

-- A link by mail that signs in, once.
create table sign_in_links (
  secret_hash bytea primary key,
  user_id text not null references users on delete cascade,
  next text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sign_in_links_expiry on sign_in_links (expires_at);
create index sign_in_links_user on sign_in_links (user_id);

-- Failed sign-ins by address, whether or not it has an account: slows guessing, and tells nothing.
create table sign_in_failures (
  email_hash bytea not null,
  at timestamptz not null
);
create index sign_in_failures_email on sign_in_failures (email_hash, at);
create index sign_in_failures_at on sign_in_failures (at);

-- Apps that may ask for access (RFC 7591), and those known by the URL of their metadata document.
create table oauth_clients (
  id text primary key check (length(id) <= 2000),
  kind text not null check (kind in ('registered', 'document')),
  -- Null: a public client, which has no secret to keep.
  secret_hash bytea,
  name text not null check (length(name) between 1 and 200),
  redirect_uris text[] not null,
  created_at timestamptz not null,
  -- Of a document: how long what was fetched holds.
  fresh_until timestamptz,
  last_used_at timestamptz
);
create index oauth_clients_unused on oauth_clients (created_at) where last_used_at is null;

-- What a person allowed an app in an org. Everything given for it dies with it.
create table oauth_grants (
  id text primary key,
  org_id text not null references orgs on delete cascade,
  user_id text not null references users on delete cascade,
  client_id text not null,
  client_name text not null,
  redirect_host text not null,
  scope text[] not null,
  -- The server the tokens are for (RFC 8707).
  resource text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index oauth_grants_org on oauth_grants (org_id, created_at);

create table oauth_codes (
  code_hash bytea primary key,
  org_id text not null references orgs on delete cascade,
  grant_id text not null references oauth_grants on delete cascade,
  redirect_uri text not null,
  code_challenge text not null,
  expires_at timestamptz not null,
  spent_at timestamptz
);
create index oauth_codes_expiry on oauth_codes (expires_at);

create table oauth_tokens (
  token_hash bytea primary key,
  kind text not null check (kind in ('access', 'refresh')),
  org_id text not null references orgs on delete cascade,
  grant_id text not null references oauth_grants on delete cascade,
  scope text[] not null,
  expires_at timestamptz not null,
  -- A refresh token that was used; an access token that its successor replaced.
  spent_at timestamptz
);
create index oauth_tokens_grant on oauth_tokens (grant_id);
create index oauth_tokens_expiry on oauth_tokens (expires_at);

do $$
declare t text;
begin
  foreach t in array array['oauth_grants','oauth_codes','oauth_tokens'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy own_org on %I to booflow_app using (org_id = (select current_org())) '
                   'with check (org_id = (select current_org()))', t);
    execute format('grant select, insert, update, delete on %I to booflow_app', t);
  end loop;
  foreach t in array array['sessions','sign_in_links'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy self on %I to booflow_app using (user_id = (select acting_user())) '
                   'with check (user_id = (select acting_user()))', t);
    execute format('grant select, insert, update, delete on %I to booflow_app', t);
  end loop;
end $$;
grant select, insert, update on oauth_clients to booflow_app;

-- Look-ups by a secret's hash, before an org or a person is known. `at` is the caller's clock.
create function find_session(hash bytea, at timestamptz)
  returns table (id text, user_id text, name text, email text, current_org text, last_seen_at timestamptz)
  language sql stable security definer set search_path from current as $$
  select s.id, s.user_id, u.name, u.email, s.current_org, s.last_seen_at
  from sessions s join users u on u.id = s.user_id
  where s.secret_hash = hash and s.expires_at > at
$$;
-- One use: the row is gone when it is given out.
create function take_sign_in_link(hash bytea, at timestamptz) returns table (user_id text, next text)
  language sql volatile security definer set search_path from current as $$
  with taken as (delete from sign_in_links l where l.secret_hash = hash returning l.user_id, l.next, l.expires_at)
  select t.user_id, t.next from taken t where t.expires_at > at
$$;
create function count_sign_in_failures(address_hash bytea, since timestamptz) returns int
  language sql stable security definer set search_path from current as $$
  select count(*)::int from sign_in_failures f where f.email_hash = address_hash and f.at > since
$$;
create function note_sign_in_failure(address_hash bytea, at timestamptz) returns void
  language sql volatile security definer set search_path from current as $$
  insert into sign_in_failures values (address_hash, at)
$$;
create function forget_sign_in_failures(address_hash bytea) returns void
  language sql volatile security definer set search_path from current as $$
  delete from sign_in_failures f where f.email_hash = address_hash
$$;
create function find_access_token(hash bytea, at timestamptz)
  returns table (grant_id text, org_id text, user_id text, role text, user_name text, email text,
                 client_id text, scope text[], resource text, last_used_at timestamptz)
  language sql stable security definer set search_path from current as $$
  select g.id, g.org_id, g.user_id, m.role, u.name, u.email, g.client_id, t.scope, g.resource, g.last_used_at
  from oauth_tokens t
  join oauth_grants g on g.id = t.grant_id
  join memberships m on m.org_id = g.org_id and m.user_id = g.user_id
  join users u on u.id = g.user_id
  where t.token_hash = hash and t.kind = 'access' and t.spent_at is null and t.expires_at > at
    and g.revoked_at is null and m.role in ('OWNER', 'ADMIN')
$$;
-- A token of any kind, also one that is over: who may use it is the caller's to decide.
create function find_oauth_token(hash bytea)
  returns table (kind text, org_id text, grant_id text, user_id text, client_id text, scope text[], resource text,
                 expires_at timestamptz, spent boolean, revoked boolean, role text)
  language sql stable security definer set search_path from current as $$
  select t.kind, t.org_id, t.grant_id, g.user_id, g.client_id, t.scope, g.resource, t.expires_at,
         t.spent_at is not null, g.revoked_at is not null, m.role
  from oauth_tokens t
  join oauth_grants g on g.id = t.grant_id
  left join memberships m on m.org_id = g.org_id and m.user_id = g.user_id
  where t.token_hash = hash
$$;
create function find_oauth_code(hash bytea)
  returns table (org_id text, grant_id text, user_id text, client_id text, scope text[], resource text, redirect_uri text,
                 code_challenge text, expires_at timestamptz, spent boolean, revoked boolean, role text)
  language sql stable security definer set search_path from current as $$
  select c.org_id, c.grant_id, g.user_id, g.client_id, g.scope, g.resource, c.redirect_uri, c.code_challenge, c.expires_at,
         c.spent_at is not null, g.revoked_at is not null, m.role
  from oauth_codes c
  join oauth_grants g on g.id = c.grant_id
  left join memberships m on m.org_id = g.org_id and m.user_id = g.user_id
  where c.code_hash = hash
$$;
-- Deletes what is over, at most `most` rows of each kind; gives how many went. Run until it gives none.
create function delete_expired(at timestamptz, most int) returns int
  language plpgsql volatile security definer set search_path from current as $$
declare gone int; total int := 0;
begin
  delete from sessions where secret_hash in (select secret_hash from sessions where expires_at < at limit most);
  get diagnostics gone = row_count; total := total + gone;
  delete from sign_in_links where secret_hash in (select secret_hash from sign_in_links where expires_at < at limit most);
  get diagnostics gone = row_count; total := total + gone;
  delete from magic_links where secret_hash in (select secret_hash from magic_links where expires_at < at limit most);
  get diagnostics gone = row_count; total := total + gone;
  delete from portal_sessions where secret_hash in (select secret_hash from portal_sessions where expires_at < at limit most);
  get diagnostics gone = row_count; total := total + gone;
  -- A spent code stays for a day after its end, so that its second use is seen and revokes what the first gave.
  delete from oauth_codes where code_hash in (select code_hash from oauth_codes where expires_at < at - interval '1 day' limit most);
  get diagnostics gone = row_count; total := total + gone;
  delete from oauth_tokens where token_hash in (select token_hash from oauth_tokens where expires_at < at limit most);
  get diagnostics gone = row_count; total := total + gone;
  -- A grant with nothing left to use it by.
  delete from oauth_grants where id in (
    select g.id from oauth_grants g where g.created_at < at - interval '1 hour'
      and not exists (select from oauth_tokens t where t.grant_id = g.id and t.expires_at > at)
      and not exists (select from oauth_codes c where c.grant_id = g.id) limit most);
  get diagnostics gone = row_count; total := total + gone;
  -- An app that registered and never came back.
  delete from oauth_clients where id in (
    select id from oauth_clients where last_used_at is null and created_at < at - interval '30 days' limit most);
  get diagnostics gone = row_count; total := total + gone;
  delete from sign_in_failures where ctid in (select ctid from sign_in_failures f where f.at < delete_expired.at - interval '1 day' limit most);
  get diagnostics gone = row_count; total := total + gone;
  return total;
end $$;
do $$
declare f text;
begin
  foreach f in array array['find_session(bytea, timestamptz)','take_sign_in_link(bytea, timestamptz)',
    'count_sign_in_failures(bytea, timestamptz)','note_sign_in_failure(bytea, timestamptz)','forget_sign_in_failures(bytea)',
    'find_access_token(bytea, timestamptz)','find_oauth_token(bytea)','find_oauth_code(bytea)','delete_expired(timestamptz, int)'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to booflow_app', f);
  end loop;
end $$;
