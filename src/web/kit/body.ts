/** What a form sends, files included: fields as text, each file handed on while it still comes in. */
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { limits } from '../../domain/limits.ts';
import type { Upload } from '../../operations/operation.ts';

export type Fields = Readonly<Record<string, string>>;

const fieldMost = 20_000;
const fieldNameMost = 200;
const filesMost = 20;
/** A request with files may have so many bytes in all: some of the largest, and what is typed beside them. */
export const bodyMost = 5 * limits.fileBytes;

/** For routes that take files. The others have no parser for such a form, and refuse it. */
export async function takeFiles(app: FastifyInstance): Promise<void> {
  await app.register(multipart, {
    // Measured as it comes in by whoever takes it; one byte more here, so that it is seen to be too large.
    limits: {
      fileSize: limits.fileBytes + 1,
      fieldSize: fieldMost,
      fieldNameSize: fieldNameMost,
      files: filesMost,
      fields: 200,
      parts: 200 + filesMost,
    },
    throwFileSizeLimit: false,
  });
}

/** A file field of the form, and a file in it. `fields` is what came before it: the form's proof, first of all. */
export type OnFile = (name: string, upload: Upload, fields: Fields) => Promise<void>;

/** What a form with files held, also when reading it failed midway: it can be read only once. */
interface Sent {
  readonly fields: Record<string, string>;
  readonly files: Set<string>;
}
const read = new WeakMap<FastifyRequest, Sent>();

/** Null: something is too long, or there is too much of it. */
export async function readBody(request: FastifyRequest, onFile: OnFile): Promise<Fields | null> {
  if (!request.isMultipart?.()) return checked(request.body ?? {});
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (!(length <= bodyMost)) return null;
  const fields: Record<string, string> = {};
  const files = new Set<string>();
  read.set(request, { fields, files });
  let whole = true;
  let failure: { readonly error: unknown } | null = null;
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      whole &&= typeof part.value === 'string' && !part.valueTruncated && !part.fieldnameTruncated;
      if (typeof part.value === 'string') fields[part.fieldname] = part.value;
      continue;
    }
    if (part.filename) {
      files.add(part.fieldname);
      try {
        if (!failure) await onFile(part.fieldname, { name: part.filename, bytes: part.file }, fields);
      } catch (error) {
        // What is typed below the file is still read, so that it can be kept.
        failure = { error };
      }
    }
    part.file.resume();
  }
  if (failure) throw failure.error;
  return whole ? checked(fields) : null;
}

/** The fields that a form had sent, whatever became of it: for showing them again. */
export async function fieldsSent(request: FastifyRequest): Promise<Fields> {
  if (request.isMultipart?.()) {
    if (!read.has(request)) await readBody(request, async () => undefined);
    return read.get(request)?.fields ?? {};
  }
  const { body } = request;
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The names of the file fields that held something. */
export const filesSent = (request: FastifyRequest): readonly string[] => [...(read.get(request)?.files ?? [])];

function checked(body: unknown): Fields | null {
  if (typeof body !== 'object' || body === null) return null;
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string' || value.length > fieldMost || name.length > fieldNameMost) return null;
    fields[name] = value;
  }
  return fields;
}
