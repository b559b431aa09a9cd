/** The archive of an org: a zip of JSON lines and files, described in docs/privacy.md and by its own README. */
import { Readable } from 'node:stream';
import type { Database } from '../db/database.ts';
import {
  exportedApps,
  exportedEvents,
  exportedFeed,
  exportedFiles,
  exportedFlows,
  exportedImportLines,
  exportedImports,
  exportedInvitations,
  exportedKeys,
  exportedMails,
  exportedMembers,
  exportedOrg,
  exportedRemindersOff,
  exportedTemplates,
  exportedVersions,
  exportedWebhooks,
  type Read,
} from '../db/export.ts';
import { FileMissing, type FileStore } from '../platform/files/store.ts';
import { ZipWriter } from '../platform/zip.ts';

/** Of the archive's shape. What reads an archive should refuse a number it does not know. */
export const archiveFormat = 1;

export interface ArchiveNeeds {
  readonly database: Database;
  readonly files: FileStore;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const tables: readonly {
  readonly file: string;
  readonly about: string;
  readonly rows: (read: Read) => AsyncIterable<readonly object[]>;
}[] = [
  { file: 'members.jsonl', about: 'members and their roles', rows: exportedMembers },
  { file: 'member-invitations.jsonl', about: 'who was asked to become a member', rows: exportedInvitations },
  { file: 'templates.jsonl', about: 'templates, each with its draft if it has one', rows: exportedTemplates },
  { file: 'template-versions.jsonl', about: 'what was published of each template', rows: exportedVersions },
  {
    file: 'flows.jsonl',
    about: 'flows with their tasks, answers, comments and clients',
    rows: exportedFlows,
  },
  { file: 'feed.jsonl', about: 'what happened in each flow, in order', rows: exportedFeed },
  { file: 'mails.jsonl', about: 'which mails flows sent, without their text', rows: exportedMails },
  { file: 'webhooks.jsonl', about: 'endpoints, without their secrets', rows: exportedWebhooks },
  { file: 'imports.jsonl', about: 'imports of many flows', rows: exportedImports },
  { file: 'import-lines.jsonl', about: 'the lines of those imports', rows: exportedImportLines },
  { file: 'reminders-off.jsonl', about: 'who wants no reminders', rows: exportedRemindersOff },
  { file: 'api-keys.jsonl', about: 'names of API keys, never the keys', rows: exportedKeys },
  { file: 'connected-apps.jsonl', about: 'apps that were let in', rows: exportedApps },
  { file: 'organization-events.jsonl', about: 'who changed members and settings', rows: exportedEvents },
];

/** Begins the archive and gives it as a stream that is made as fast as it is read. A failure fails the stream. */
export function orgArchive(needs: ArchiveNeeds, orgId: string): Readable {
  const zip = new ZipWriter();
  write(zip, needs, orgId).catch((cause: unknown) => zip.fail(new Error('The export failed', { cause })));
  return zip.bytes;
}

async function write(zip: ZipWriter, { database, files, now }: ArchiveNeeds, orgId: string): Promise<void> {
  const mtime = new Date(now);
  const read: Read = (work) => database.withOrg({ orgId }, work);
  const counts: Record<string, number> = {};
  const text = { mtime, compress: true };
  const addLines = async (file: string, rows: AsyncIterable<readonly object[]>): Promise<void> => {
    counts[file] = 0;
    await zip.add(file, Readable.from(linesOf(rows, (n) => (counts[file] = (counts[file] ?? 0) + n))), text);
  };

  const { org, logo } = await exportedOrg(read, orgId);
  await zip.add('README.md', Readable.from([readme(org.name, now)]), text);
  await zip.add('organization.json', Readable.from([`${JSON.stringify(org, null, 2)}\n`]), text);
  if (logo) {
    const name = `logo.${logo.type.slice('image/'.length)}`;
    await zip.add(name, Readable.from([logo.bytes]), { mtime, compress: false });
  }
  for (const { file, rows } of tables) await addLines(file, rows(read));

  const missing: string[] = [];
  const withPath = async function* () {
    for await (const page of exportedFiles(read)) {
      yield page.map(({ storeKey: _, sha256, size, ...f }) => ({
        ...{ ...f, size: Number(size), sha256: sha256?.toString('hex') ?? null, path: pathOf(f) },
      }));
    }
  };
  await addLines('files.jsonl', withPath());
  for await (const page of exportedFiles(read)) {
    for (const file of page) {
      const bytes = await open(files, file.storeKey);
      if (bytes === null) missing.push(file.id);
      else await zip.add(pathOf(file), bytes, { mtime: file.uploadedAt, compress: false });
    }
  }
  const manifest = {
    format: archiveFormat,
    organization: org.id,
    exportedAt: mtime.toISOString(),
    lines: counts,
    missing,
  };
  await zip.add('manifest.json', Readable.from([`${JSON.stringify(manifest, null, 2)}\n`]), text);
  zip.end();
}

/** Null when the store has lost the bytes, which the manifest then tells: the rest of the export is good. */
async function open(files: FileStore, key: string): Promise<Readable | null> {
  try {
    return await files.get(key);
  } catch (error) {
    if (error instanceof FileMissing) return null;
    throw error;
  }
}

/** Under its id, so that no two meet, with a name that every system takes. */
const pathOf = ({ id, name }: { readonly id: string; readonly name: string }): string =>
  `files/${id}/${name.replace(/[<>:"|?*\\/\p{Cc}]/gu, '_').replace(/[. ]+$/, '_')}`;

async function* linesOf(pages: AsyncIterable<readonly object[]>, counted: (n: number) => void): AsyncGenerator<string> {
  for await (const page of pages) {
    counted(page.length);
    yield page.map((row) => `${JSON.stringify(row)}\n`).join('');
  }
}

const readme = (org: string, now: number): string => `# Everything of ${org} in Booflow

Exported at ${new Date(now).toISOString()}. Moments are ISO 8601 in UTC.

- \`manifest.json\`: the archive's format (${archiveFormat}), how many lines each file has, and ids of files whose bytes are missing.
- \`organization.json\`: name, slug, time zone, colour. \`logo.*\`: the logo, if there is one.
${tables.map(({ file, about }) => `- \`${file}\`: ${about}.`).join('\n')}
- \`files.jsonl\`: files that were given as answers; \`path\` says where in this archive each is, \`sha256\` what its bytes are.

A \`.jsonl\` file has one JSON object a line. An answer to a field for files is the ids of files, joined by commas.

What is not here: passwords, keys, tokens, links and what signs webhooks, nor hashes of them; what clients have typed and
not sent; the log of webhook deliveries. It was read while people worked: two files may differ by what happened between.
An archive without \`manifest.json\` was cut off. Export again.
`;
