-- Up Migration

-- Asked for by each flow that is revived, rebuilt or erased from; there is a row for each mail that was ever sent.
create index mails_of_flow on mails (org_id, flow_id);
