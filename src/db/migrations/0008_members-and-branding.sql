-- Up Migration

-- What clients see of an org: its colour as it was chosen, and the hash of its logo.
alter table orgs
  add column brand_colour text check (brand_colour ~ '^#[0-9a-f]{6}$'),
  add column logo_hash text;

-- Logos by the SHA-256 of their bytes. Earlier ones stay for a while: mails that were sent show them.
create table org_logos (
  org_id text not null references orgs on delete cascade,
  hash text not null,
  type text not null check (type in ('image/png', 'image/jpeg', 'image/webp')),
  bytes bytea not null check (octet_length(bytes) <= 204800),
  created_at timestamptz not null,
  primary key (org_id, hash)
);
create index org_logos_hash on org_logos (hash);

-- Someone asked to join by an owner or admin. The address is what counts, whoever opens the link.
create table member_invitations (
  org_id text not null references orgs on delete cascade,
  id text not null,
  email text not null check (email = lower(email) and length(email) <= 254),
  role text not null check (role in ('OWNER', 'ADMIN', 'MEMBER')),
  invited_by text not null references users on delete cascade,
  secret_hash bytea not null unique,
  created_at timestamptz not null,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz,
  primary key (org_id, id)
);
-- An address has one open invitation to an org.
create unique index member_invitations_open on member_invitations (org_id, email)
  where accepted_at is null and revoked_at is null;
create index member_invitations_expiry on member_invitations (expires_at);

-- The tasks of somebody who left, on their way to whom they go (to nobody when null).
create table hand_overs (
  org_id text not null references orgs on delete cascade,
  id text not null,
  from_user text not null,
  from_name text not null,
  to_user text references users on delete set null,
  -- Who decided it: an Actor.
  by jsonb not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (org_id, id)
);
create index hand_overs_open on hand_overs (created_at) where finished_at is null;

-- Who changed members and settings, told on their pages.
create table org_events (
  org_id text not null references orgs on delete cascade,
  id text not null,
  at timestamptz not null,
  what text not null,
  text text not null,
  by_id text not null,
  by_name text not null,
  through text not null,
  primary key (org_id, id)
);
create index org_events_list on org_events (org_id, at desc, id desc);

do $$
declare t text;
begin
  foreach t in array array['org_logos','member_invitations','hand_overs','org_events'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy own_org on %I to booflow_app using (org_id = (select current_org())) '
                   'with check (org_id = (select current_org()))', t);
    execute format('grant select, insert, update, delete on %I to booflow_app', t);
  end loop;
end $$;

-- Somebody who wants to sign up and has yet to prove their address. No account, no org, no password before that.
create table sign_ups (
  secret_hash bytea primary key,
  email text not null check (email = lower(email) and length(email) <= 254),
  name text not null check (length(name) between 1 and 200),
  org_name text not null check (length(org_name) between 1 and 200),
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sign_ups_email on sign_ups (email, created_at);
create index sign_ups_expiry on sign_ups (expires_at);
alter table sign_ups enable row level security;

-- Whoever is a member no more, or an OWNER or ADMIN no more, loses what they gave out as one: at once, for good, and
-- whichever way it came about.
create function end_what_a_member_gave_out() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    update api_keys set revoked_at = now() where org_id = old.org_id and user_id = old.user_id and revoked_at is null;
  elsif new.role <> 'MEMBER' then
    return null;
  end if;
  update oauth_grants set revoked_at = now() where org_id = old.org_id and user_id = old.user_id and revoked_at is null;
  update member_invitations set revoked_at = now()
    where org_id = old.org_id and invited_by = old.user_id and accepted_at is null and revoked_at is null;
  return null;
end $$;
create trigger membership_lost after delete or update of role on memberships
  for each row execute function end_what_a_member_gave_out();

-- Look-ups before an org or a person is known.
create function find_logo(wanted text) returns table (type text, bytes bytea)
  language sql stable security definer set search_path from current as $$
  select l.type, l.bytes from org_logos l where l.hash = wanted limit 1
$$;
create function find_member_invitation(hash bytea)
  returns table (org_id text, id text, email text, role text, org_name text, inviter_name text, expires_at timestamptz,
                 accepted boolean, revoked boolean, has_account boolean)
  language sql stable security definer set search_path from current as $$
  select i.org_id, i.id, i.email, i.role, o.name, u.name, i.expires_at, i.accepted_at is not null, i.revoked_at is not null,
         exists (select from users w where w.email = i.email)
  from member_invitations i join orgs o on o.id = i.org_id join users u on u.id = i.invited_by
  where i.secret_hash = hash
$$;
create function note_sign_up(hash bytea, address text, person text, org text, at timestamptz, until timestamptz) returns void
  language sql volatile security definer set search_path from current as $$
  insert into sign_ups values (hash, lower(address), person, org, at, until)
$$;
create function count_sign_ups(address text, since timestamptz) returns int
  language sql stable security definer set search_path from current as $$
  select count(*)::int from sign_ups s where s.email = lower(address) and s.created_at > since
$$;
create function find_sign_up(hash bytea, at timestamptz) returns table (email text, name text, org_name text)
  language sql stable security definer set search_path from current as $$
  select s.email, s.name, s.org_name from sign_ups s where s.secret_hash = hash and s.expires_at > at
$$;
-- One use: all that were asked for with this address are gone when one is used.
create function take_sign_up(hash bytea, at timestamptz) returns table (email text, name text, org_name text)
  language sql volatile security definer set search_path from current as $$
  with taken as (delete from sign_ups s where s.secret_hash = hash returning s.email, s.name, s.org_name, s.expires_at)
  select t.email, t.name, t.org_name from taken t where t.expires_at > at
$$;
-- Whose account a link to sign in opens; uses nothing up.
create function find_sign_in_link(hash bytea, at timestamptz) returns table (name text, email text)
  language sql stable security definer set search_path from current as $$
  select u.name, u.email from sign_in_links l join users u on u.id = l.user_id
  where l.secret_hash = hash and l.expires_at > at
$$;
-- Hand-overs of every org that are not finished, the oldest first.
create function open_hand_overs(most int) returns table (org_id text, id text)
  language sql stable security definer set search_path from current as $$
  select h.org_id, h.id from hand_overs h where h.finished_at is null order by h.created_at limit most
$$;
create function delete_old_invitations(at timestamptz, most int) returns int
  language plpgsql volatile security definer set search_path from current as $$
declare gone int; total int := 0;
begin
  delete from sign_ups where secret_hash in (select secret_hash from sign_ups s where s.expires_at < at limit most);
  get diagnostics gone = row_count; total := total + gone;
  -- Kept for a time, so that an old link is answered with what became of it.
  delete from member_invitations where secret_hash in
    (select secret_hash from member_invitations i where i.expires_at < at - interval '90 days' limit most);
  get diagnostics gone = row_count; total := total + gone;
  return total;
end $$;
do $$
declare f text;
begin
  foreach f in array array['find_logo(text)','find_member_invitation(bytea)',
    'note_sign_up(bytea, text, text, text, timestamptz, timestamptz)','count_sign_ups(text, timestamptz)',
    'find_sign_up(bytea, timestamptz)','take_sign_up(bytea, timestamptz)','find_sign_in_link(bytea, timestamptz)',
    'open_hand_overs(int)','delete_old_invitations(timestamptz, int)'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to booflow_app', f);
  end loop;
end $$;
