/** A form that failed for no fault of who sent it: what they typed is shown again, with a button that sends it once more. */
import type { FastifyRequest } from 'fastify';
import { type Fields, fieldsSent, filesSent } from './body.ts';
import { csrfToken } from './csrf.ts';
import { isFromOurPage } from './session.ts';

export interface Kept {
  /** The path it was sent to, and is sent to again. */
  readonly action: string;
  readonly fields: Fields;
  /** The names of file fields that held something; a page can't put the files back. */
  readonly files: readonly string[];
}

/**
 * What a request had sent; null when it is no form, or not known to come from a page of ours: nobody else may have
 * words put before a person with a button below. `secret`: of whom the form is to be from now on, where that changed.
 */
export async function keptOf(request: FastifyRequest, publicUrl: string, secret?: string): Promise<Kept | null> {
  if (request.method !== 'POST' || !isFromOurPage(publicUrl, request)) return null;
  const url = new URL(request.url, publicUrl);
  if (url.origin !== new URL(publicUrl).origin) return null;
  const sent = await fieldsSent(request);
  const fields = secret === undefined ? sent : { ...sent, csrf: csrfToken(secret) };
  return { action: url.pathname + url.search, fields, files: filesSent(request) };
}

/** What people type, by the name of its field; `answer.…` and the like are told by their own names. */
const labels: Readonly<Record<string, string>> = {
  text: 'Comment',
  comment: 'Comment',
  reason: 'Reason',
  name: 'Name',
  email: 'Mail address',
  role: 'Role',
  organization: 'Organization',
  title: 'Title',
  new_title: 'Title of a new step',
  category: 'Category',
  description: 'Description',
  due_date: 'Due date',
  if_text: 'Values of the condition',
  url: 'Address',
  colour: 'Colour',
};

/** "answer.company_name" → "Company name"; null for what no person typed. */
function labelOf(name: string, value: string): string | null {
  // Nothing, or what was chosen from a list.
  if (value.trim() === '' || (name === 'role' && /^[A-Z]+$/.test(value))) return null;
  const known = labels[name];
  if (known !== undefined) return known;
  const own = /^(?:answer|role)\.(.+)$/.exec(name)?.[1] ?? /\.(label|help|options)$/.exec(name)?.[1];
  // The id of a file or of a person.
  if (own === undefined || /^[a-z]+_[A-Za-z0-9_,]{8,}$/.test(value)) return null;
  const words = own.replaceAll(/[_.-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const secrets = new Set(['password', 'current', 'proof', 'token']);

const rowsFor = (value: string): number =>
  Math.min(8, Math.max(1, value.split('\n').length, Math.ceil(value.length / 60)));

/** The form once more. Without a label a field goes along unseen; a password is asked again, and never sent back. */
export function KeptForm({ kept }: { readonly kept: Kept }) {
  const fields = Object.entries(kept.fields).map(([name, value]) => ({ name, value, label: labelOf(name, value) }));
  const typed = fields.filter((f) => f.label !== null && !secrets.has(f.name));
  return (
    <form
      method="post"
      action={kept.action}
      class="stack kept"
      enctype={kept.files.length > 0 ? 'multipart/form-data' : undefined}
    >
      {fields.map(
        ({ name, value, label }) =>
          label === null && !secrets.has(name) && <input type="hidden" name={name} value={value} />,
      )}
      {typed.length > 0 && <h2>What you typed is kept</h2>}
      {typed.map(({ name, value, label }, n) => (
        <div class="field">
          <label for={`kept-${n}`}>{label}</label>
          <textarea id={`kept-${n}`} name={name} rows={rowsFor(value)}>
            {/* A parser takes the first line break of a text area away. */}
            {value.startsWith('\n') || value.startsWith('\r') ? `\n${value}` : value}
          </textarea>
        </div>
      ))}
      {fields.map(
        ({ name, value }, n) =>
          secrets.has(name) &&
          value !== '' && (
            <div class="field">
              <label for={`again-${n}`}>{name === 'current' ? 'The password you have now' : 'Password'}</label>
              <input id={`again-${n}`} name={name} type="password" required maxLength={512} />
              <span class="small">It is not kept: type it again.</span>
            </div>
          ),
      )}
      {kept.files.map((name, n) => (
        <div class="field">
          <label for={`file-${n}`}>Files</label>
          <input id={`file-${n}`} name={name} type="file" multiple />
          <span class="small">Files are not kept: choose them again.</span>
        </div>
      ))}
      <button type="submit" class="button primary big">
        Send it again
      </button>
    </form>
  );
}
