-- Up Migration

-- Clients whose data is to be erased. Whom it is about is known while it is done, and then no longer.
create table erasures (
  org_id text not null references orgs on delete cascade,
  id text not null,
  -- Null once it is finished.
  address text,
  -- Who they are in each flow that is not done yet: found before the flow forgets it.
  targets jsonb not null default '[]',
  -- In how many flows it is done.
  flows int not null default 0,
  -- Who asked for it, as an actor.
  by jsonb not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (org_id, id)
);
create index erasures_list on erasures (org_id, created_at desc);
alter table erasures enable row level security;
create policy own_org on erasures to booflow_app using (org_id = (select current_org()))
  with check (org_id = (select current_org()));
grant select, insert, update, delete on erasures to booflow_app;

-- A text without this address, in any case of letters.
create function without_address(given text, address text) returns text language sql immutable parallel safe as $$
  select regexp_replace(given, regexp_replace(address, '([^a-zA-Z0-9@])', '\\\1', 'g'), 'nobody@erased.invalid', 'gi')
$$;

-- Mails of a flow of the acting org that hold one of these words go from the dev mailbox, which belongs to no org.
create function erase_dev_mails(flow text, words text[]) returns void
  language sql volatile security definer set search_path from current as $$
  delete from dev_mails m
  where starts_with(m.key, flow || '/')
    and exists (select from flows f where f.org_id = current_org() and f.id = flow)
    and exists (select from unnest(words) w
                where strpos(lower(concat_ws(' ', m.to_address, m.subject, m.text, m.html)), lower(w)) > 0)
$$;
revoke execute on function erase_dev_mails from public;
grant execute on function erase_dev_mails to booflow_app;

-- Erasures of every org that are not finished, the oldest first.
create function open_erasures(before timestamptz, most int) returns table (org_id text, id text)
  language sql stable security definer set search_path from current as $$
  select e.org_id, e.id from erasures e where e.finished_at is null and e.created_at < before
  order by e.created_at limit most
$$;
revoke execute on function open_erasures from public;
grant execute on function open_erasures to booflow_app;
