-- Up Migration

-- Erasures are read in pages: of two begun in one moment, the id says which comes first.
create index erasures_pages on erasures (org_id, created_at desc, id desc);
drop index erasures_list;
