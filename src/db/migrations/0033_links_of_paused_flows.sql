-- Up Migration

-- A client may look at a paused flow, so a new link to it is sent when they ask by their address, too.
create or replace function find_invitations(address text, most int)
  returns table (org_id text, flow_id text, external_id text)
  language sql stable security definer set search_path from current as $$
  select e.org_id, e.flow_id, e.id from external_users e
  join flows f on f.org_id = e.org_id and f.id = e.flow_id
  where e.email = lower(address) and e.invitation in ('SENT', 'ACCEPTED') and f.status in ('ACTIVE', 'PAUSED')
  order by e.invited_at desc limit most
$$;
