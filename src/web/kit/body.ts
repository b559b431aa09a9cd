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

/** Null: something is too long, or there is too much of it. */
export async function readBody(request: FastifyRequest, onFile: OnFile): Promise<Fields | null> {
  if (!request.isMultipart?.()) return checked(request.body ?? {});
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (!(length <= bodyMost)) return null;
  const fields: Record<string, string> = {};
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      if (typeof part.value !== 'string' || part.valueTruncated || part.fieldnameTruncated) return null;
      fields[part.fieldname] = part.value;
    } else if (part.filename) {
      await onFile(part.fieldname, { name: part.filename, bytes: part.file }, fields);
      part.file.resume();
    } else {
      part.file.resume();
    }
  }
  return checked(fields);
}

function checked(body: unknown): Fields | null {
  if (typeof body !== 'object' || body === null) return null;
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string' || value.length > fieldMost || name.length > fieldNameMost) return null;
    fields[name] = value;
  }
  return fields;
}
