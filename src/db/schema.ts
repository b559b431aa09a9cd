/** The tables as Kysely sees them; the migrations are the truth. Moments are Dates here, milliseconds in the domain. */
import type { ColumnType, Generated, Selectable } from 'kysely';
import type { Actor } from '../domain/actor.ts';
import type { Person } from '../domain/erasure.ts';
import type { Answers, CommentAudience, FlowStatus, InvitationStatus, SkippedBy, TaskStatus } from '../domain/flow.ts';
import type { AssigneeHint, Condition, DueOffset, FormField, TaskType } from '../domain/template.ts';

/** A jsonb column: read as the value, written as JSON text. */
type Json<T> = ColumnType<T, string, string>;
type Stamp = ColumnType<Date, Date | undefined, Date>;
type Role = 'OWNER' | 'ADMIN' | 'MEMBER';
type Door = 'mcp' | 'api' | 'web' | 'cli';

export interface Orgs {
  id: string;
  slug: string;
  name: string;
  plan: Generated<string>;
  brand_colour: Generated<string | null>;
  logo_hash: Generated<string | null>;
  /** An IANA time zone. */
  time_zone: Generated<string>;
  created_at: Stamp;
}
export interface Users {
  id: string;
  email: string;
  name: string;
  password_hash: string | null;
  created_at: Stamp;
}
export interface Memberships {
  org_id: string;
  user_id: string;
  role: Role;
  created_at: Stamp;
}
export interface Templates {
  id: string;
  org_id: string | null;
  name: string;
  description: string;
  category: string;
  /** 0: never published. */
  version: number;
  step_count: number;
  /** Counts what is done to the draft, and never goes back. */
  revision: Generated<number>;
  /** The draft's revision; null without a draft. */
  draft: number | null;
  archived_at: Date | null;
  created_at: Stamp;
  updated_at: Stamp;
}
export interface TemplateDrafts {
  org_id: string;
  template_id: string;
  revision: number;
  definition: ColumnType<unknown, string, string>;
  saved_by: string;
  saved_at: Stamp;
}
export interface TemplateVersions {
  template_id: string;
  version: number;
  org_id: string | null;
  /** Of whatever release: `readTemplateVersion` fills in what older ones lack. */
  definition: ColumnType<unknown, string, string>;
  published_at: Stamp;
  published_by: string | null;
  /** The revision of the draft it was. */
  revision: number | null;
}
export interface Flows {
  org_id: string;
  id: string;
  name: string;
  /** The name in lower case. */
  name_key: ColumnType<string, never, never>;
  template_id: string;
  template_name: string;
  template_version: number;
  status: FlowStatus;
  time_zone: string;
  percent: number;
  done: number;
  counting: number;
  created_at: Date;
  created_by: Json<Actor>;
  start_date: Date | null;
  paused_at: Date | null;
  finished_at: Date | null;
  feed_length: number;
  version: number;
  updated_at: Date;
  /** When the first of its READY tasks is due: kept by a trigger. */
  first_due: ColumnType<Date | number, never, never>;
}
export interface Tasks {
  org_id: string;
  flow_id: string;
  id: string;
  position: number;
  key: string;
  title: string;
  /** The title in lower case. */
  title_key: ColumnType<string, never, never>;
  description: string;
  type: TaskType;
  status: TaskStatus;
  fields: Json<FormField[]>;
  hint: Json<AssigneeHint>;
  due: Json<DueOffset | null>;
  condition: Json<Condition | null>;
  skipped_by: SkippedBy | null;
  depends_on: string[];
  assignee_kind: 'member' | 'external' | null;
  assignee_id: string | null;
  assignee_name: string | null;
  due_at: Date | null;
  due_order: ColumnType<Date | number, never, never>;
  ready_at: Date | null;
  done_at: Date | null;
  done_by: Json<Actor | null>;
  answers: Json<Answers | null>;
  round: number;
  version: number;
}
export interface ExternalUsers {
  org_id: string;
  flow_id: string;
  id: string;
  email: string;
  name: string;
  role: string;
  invitation: InvitationStatus;
  mail_refused: Generated<string | null>;
  invited_at: Date;
  version: number;
}
export interface Feed {
  org_id: string;
  flow_id: string;
  seq: number;
  at: Date;
  by: Json<Actor>;
  what: string;
  task_id: string | null;
  text: string;
}
export interface Comments {
  org_id: string;
  flow_id: string;
  id: string;
  task_id: string;
  at: Date;
  by: Json<Actor>;
  text: string;
  audience: Generated<CommentAudience>;
  version: number;
}
export interface FlowWords {
  org_id: string;
  flow_id: string;
  word: string;
}

interface FlowCounts {
  org_id: string;
  status: FlowStatus;
  n: number;
}
export interface Mails {
  org_id: string;
  key: string;
  flow_id: string;
  kind: string;
  to_address: string;
  subject: string;
  sent_at: Stamp;
}
export interface MailsUnderWay {
  org_id: string;
  key: string;
  attempt: string;
  until: Stamp;
}
export interface DevMails {
  id: Generated<string>;
  at: Stamp;
  key: string;
  from_address: string;
  to_address: string;
  subject: string;
  text: string;
  html: string;
  unsubscribe: Generated<string | null>;
}
export interface RemindersOff {
  org_id: string;
  kind: 'member' | 'external';
  /** A member's id, or a client's address. */
  person: string;
  since: Stamp;
}
export interface ReminderLinks {
  secret_hash: Buffer;
  org_id: string;
  kind: 'member' | 'external';
  person: string;
  expires_at: Date;
}
export interface MagicLinks {
  secret_hash: Buffer;
  org_id: string;
  flow_id: string;
  external_id: string;
  created_at: Stamp;
  expires_at: Date;
}
export interface ApiKeys {
  id: string;
  org_id: string;
  user_id: string;
  name: string;
  secret_hash: Buffer;
  hint: string;
  created_at: Stamp;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

export interface Sessions {
  secret_hash: Buffer;
  id: string;
  user_id: string;
  current_org: string | null;
  user_agent: string;
  created_at: Date;
  last_seen_at: Date;
  expires_at: Date;
  /** Came in by a link from their mail. */
  by_link: boolean;
}
export interface SignInLinks {
  secret_hash: Buffer;
  user_id: string;
  next: string;
  created_at: Date;
  expires_at: Date;
}
export interface OAuthClients {
  id: string;
  kind: 'registered' | 'document';
  secret_hash: Buffer | null;
  name: string;
  redirect_uris: string[];
  created_at: Date;
  fresh_until: Date | null;
  last_used_at: Date | null;
}
export interface OAuthGrants {
  id: string;
  org_id: string;
  user_id: string;
  client_id: string;
  client_name: string;
  redirect_host: string;
  scope: string[];
  resource: string;
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}
export interface OAuthCodes {
  code_hash: Buffer;
  org_id: string;
  grant_id: string;
  redirect_uri: string;
  code_challenge: string;
  expires_at: Date;
  spent_at: Date | null;
}
export interface OAuthTokens {
  token_hash: Buffer;
  kind: 'access' | 'refresh';
  org_id: string;
  grant_id: string;
  scope: string[];
  expires_at: Date;
  spent_at: Date | null;
}

export interface OrgLogos {
  org_id: string;
  hash: string;
  type: 'image/png' | 'image/jpeg' | 'image/webp';
  bytes: Buffer;
  created_at: Date;
}
export interface MemberInvitations {
  org_id: string;
  id: string;
  email: string;
  role: Role;
  invited_by: string;
  secret_hash: Buffer;
  created_at: Date;
  sent_at: Date;
  expires_at: Date;
  accepted_at: Date | null;
  revoked_at: Date | null;
}
export interface HandOvers {
  org_id: string;
  id: string;
  from_user: string;
  from_name: string;
  to_user: string | null;
  by: Json<Actor>;
  created_at: Date;
  /** When a worker first looked for what is to be passed on. */
  looked_at: Date | null;
  finished_at: Date | null;
}
export interface OrgEvents {
  org_id: string;
  id: string;
  at: Date;
  what: string;
  text: string;
  by_id: string;
  by_name: string;
  through: string;
}
export interface FormDrafts {
  org_id: string;
  flow_id: string;
  task_id: string;
  external_id: string;
  answers: Json<Answers>;
  comment: string;
  updated_at: Date;
}
export interface Files {
  org_id: string;
  id: string;
  flow_id: string;
  task_id: string;
  field_key: string;
  store_key: string;
  name: string;
  uploaded_by: Json<Actor>;
  uploader_id: string;
  created_at: Date;
  state: 'UPLOADING' | 'STORED';
  /** In bytes. */
  size: ColumnType<string | null, number | null, number | null>;
  media_type: string | null;
  sha256: Buffer | null;
  kept_at: Date | null;
}
export interface FileRemains {
  org_id: string;
  store_key: string;
}
export interface PastKeys {
  secret_hash: Buffer;
  org_id: string;
  flow_id: string;
  external_id: string;
  gone_at: Stamp;
}
export interface LinkRequests {
  org_id: string;
  flow_id: string;
  external_id: string;
  asked_at: Date;
}
export interface InvitationsAsked {
  org_id: string;
  command_id: string;
  at: Date;
  n: number;
}

/** A line of the table, read and found to be good. */
export interface ImportLine {
  readonly line: number;
  readonly name: string;
  readonly email: string | null;
  readonly clientName: string;
  readonly role: string;
  readonly start: boolean;
  /** YYYY-MM-DD; null: the day it is started. */
  readonly startDate: string | null;
}

export interface FlowImports {
  org_id: string;
  id: string;
  template_id: string;
  template_name: string;
  /** `through`: the door they came by; what is made is made through it. */
  by: Json<{ readonly userId: string; readonly name: string; readonly through?: Door }>;
  total: number;
  created_at: Date;
  finished_at: Date | null;
  stopped_at: Date | null;
  /** The name of who stopped it. */
  stopped_by: string | null;
  table_hash: string | null;
}
export interface FlowImportLines {
  org_id: string;
  import_id: string;
  line: number;
  input: Json<ImportLine>;
  /** Something may have been made of it. */
  begun: Generated<boolean>;
  state: 'PENDING' | 'DONE' | 'FAILED' | 'STOPPED';
  flow_id: string | null;
  error: string | null;
}
export interface CommandsMade {
  org_id: string;
  command_id: string;
  operation: string;
  /** A hash of who asked for what. */
  fingerprint: string;
  made_at: Date;
  answer: Buffer | null;
  answer_key_id: string | null;
}
export interface Webhooks {
  org_id: string;
  id: string;
  url: string;
  description: string;
  /** Types of events; none means all. */
  events: string[];
  secret_key_id: string;
  secret: Buffer;
  old_secret_key_id: string | null;
  old_secret: Buffer | null;
  old_secret_until: Date | null;
  enabled: Generated<boolean>;
  failing_since: Date | null;
  created_at: Stamp;
  created_by: string;
}
export interface WebhookDeliveries {
  org_id: string;
  webhook_id: string;
  id: string;
  type: string;
  body: string;
  created_at: Date;
  state: 'PENDING' | 'DELIVERED' | 'FAILED';
  attempts: Generated<number>;
  next_at: Date | null;
  last_at: Date | null;
  last_status: number | null;
  last_error: string | null;
}

export interface Erasures {
  org_id: string;
  id: string;
  /** Null once it is finished. */
  address: string | null;
  /** Written as JSON text. */
  targets: ColumnType<(Person & { readonly flowId: string })[], string | undefined, string>;
  flows: Generated<number>;
  by: Json<Actor>;
  created_at: Date;
  /** When a worker first looked for what is to be erased. */
  looked_at: ColumnType<Date | null, undefined, Date>;
  finished_at: ColumnType<Date | null, undefined, Date>;
}

export interface Tables {
  erasures: Erasures;
  orgs: Orgs;
  users: Users;
  memberships: Memberships;
  templates: Templates;
  template_drafts: TemplateDrafts;
  template_versions: TemplateVersions;
  flows: Flows;
  tasks: Tasks;
  external_users: ExternalUsers;
  feed: Feed;
  comments: Comments;
  flow_words: FlowWords;
  flow_counts: FlowCounts;
  mails: Mails;
  mails_under_way: MailsUnderWay;
  dev_mails: DevMails;
  reminders_off: RemindersOff;
  reminder_links: ReminderLinks;
  magic_links: MagicLinks;
  portal_sessions: MagicLinks;
  api_keys: ApiKeys;
  sessions: Sessions;
  sign_in_links: SignInLinks;
  oauth_clients: OAuthClients;
  oauth_grants: OAuthGrants;
  oauth_codes: OAuthCodes;
  oauth_tokens: OAuthTokens;
  flow_imports: FlowImports;
  flow_import_lines: FlowImportLines;
  webhooks: Webhooks;
  webhook_deliveries: WebhookDeliveries;
  commands_made: CommandsMade;
  org_logos: OrgLogos;
  member_invitations: MemberInvitations;
  hand_overs: HandOvers;
  org_events: OrgEvents;
  form_drafts: FormDrafts;
  files: Files;
  file_remains: FileRemains;
  past_keys: PastKeys;
  link_requests: LinkRequests;
  invitations_asked: InvitationsAsked;
}

export type FlowRow = Selectable<Flows>;
export type TaskRow = Selectable<Tasks>;
export type ExternalUserRow = Selectable<ExternalUsers>;
export type FeedRow = Selectable<Feed>;
export type MemberRole = Role;
