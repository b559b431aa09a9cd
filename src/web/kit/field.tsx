/** One thing a form asks, as a person fills it in: the same on a flow's page and in the portal. */
import { fileIdsOf } from '../../domain/form.ts';
import type { FileKind, FormField } from '../../domain/template.ts';

/** A file that is there already. */
export interface FieldFile {
  readonly id: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

interface FieldInputProps {
  readonly field: FormField;
  /** Unique on the page. */
  readonly id: string;
  /** What was typed or answered; '' for nothing yet. */
  readonly value: string;
  /** The task's files; those that `value` names are shown. */
  readonly files?: readonly FieldFile[];
  /** Where a file is fetched from. */
  readonly fileHref?: (id: string) => string;
  /** Files can be taken off again, by a button that sends `remove`. */
  readonly removable?: boolean;
  /** Why what was given is not taken. */
  readonly problem?: string | undefined;
}

/** What a form's field is called when it is sent. */
export const answerName = (key: string): string => `answer.${key}`;
/** What the files of a file field are called when they are sent. */
export const uploadName = (key: string): string => `file.${key}`;
/** The key of the field that a file was sent for; null when it is none. */
export const uploadKey = (name: string): string | null => (name.startsWith('file.') ? name.slice(5) : null);

/** The answers by field key, from a form that was sent. */
export const answersIn = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).flatMap(([k, v]) => (k.startsWith('answer.') ? [[k.slice(7), v]] : [])));

/** "1.2 MB" */
export function sizeWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function FieldInput(props: FieldInputProps) {
  const { field, id, value, problem } = props;
  const help = field.help === '' ? undefined : `${id}-help`;
  const told = problem === undefined ? help : [`${id}-problem`, help].filter(Boolean).join(' ');
  return (
    <div class={problem === undefined ? 'field' : 'field wrong'} id={`${id}-field`}>
      <label for={id}>
        {field.label}
        {!field.required && <span class="small"> (if you like)</span>}
      </label>
      {problem !== undefined && (
        <span class="problem" id={`${id}-problem`}>
          {problem}
        </span>
      )}
      {field.type === 'file' ? (
        <FileControl {...props} field={field} help={told} />
      ) : (
        <Control field={field} id={id} value={value} help={told} wrong={problem !== undefined} />
      )}
      {help && (
        <span class="small" id={help}>
          {field.help}
        </span>
      )}
    </div>
  );
}

type FileField = Extract<FormField, { type: 'file' }>;

interface ControlProps {
  readonly field: Exclude<FormField, { type: 'file' }>;
  readonly id: string;
  readonly value: string;
  readonly help: string | undefined;
  readonly wrong: boolean;
}

function Control({ field, id, value, help, wrong }: ControlProps) {
  const same = {
    ...{ id, name: answerName(field.key), required: field.required, 'aria-describedby': help },
    ...(wrong && { 'aria-invalid': true }),
  };
  switch (field.type) {
    case 'choice':
      return (
        <select {...same}>
          <option value="">Choose one</option>
          {field.options.map((o) => (
            <option value={o} selected={o === value}>
              {o}
            </option>
          ))}
        </select>
      );
    case 'date':
      return <input {...same} type="date" value={value} />;
    case 'text':
      return field.multiline ? (
        <textarea {...same} rows={4}>
          {value}
        </textarea>
      ) : (
        <input {...same} type="text" value={value} />
      );
  }
}

/** What a browser's file chooser shows first; what really is in a file is looked at when it is there. */
const acceptOf: Record<FileKind, string> = {
  image: 'image/*',
  pdf: '.pdf',
  document: '.doc,.docx,.odt,.rtf',
  spreadsheet: '.xls,.xlsx,.ods,.csv',
  presentation: '.ppt,.pptx,.odp',
  text: '.txt,.md,.csv',
  archive: '.zip,.7z,.rar,.gz,.tar',
};
const kindWords: Record<FileKind, string> = {
  image: 'Image',
  pdf: 'PDF',
  document: 'Text document',
  spreadsheet: 'Table',
  presentation: 'Presentation',
  text: 'Plain text',
  archive: 'Archive',
};

interface FileControlProps extends FieldInputProps {
  readonly field: FileField;
  readonly help: string | undefined;
}

function FileControl({ field, id, value, files = [], fileHref, removable = false, help }: FileControlProps) {
  const given = fileIdsOf(value).flatMap((one) => files.find((f) => f.id === one) ?? []);
  const kinds = field.accept.map((k) => kindWords[k]).join(', ');
  const most = field.multiple ? 'Several files, up to 25 MB each.' : 'Up to 25 MB.';
  return (
    <>
      {given.length > 0 && <FileList files={given} fileHref={fileHref} remove={removable ? field.key : null} />}
      <input type="hidden" name={answerName(field.key)} value={given.map((f) => f.id).join(',')} />
      <input
        id={id}
        name={uploadName(field.key)}
        type="file"
        multiple={field.multiple}
        accept={field.accept.map((k) => acceptOf[k]).join(',') || undefined}
        aria-describedby={[`${id}-most`, help].filter(Boolean).join(' ')}
        required={field.required && given.length === 0}
        data-key={field.key}
      />
      <span class="small" id={`${id}-most`}>
        {kinds === '' ? most : `${kinds}. ${most}`}
        {given.length > 0 && !field.multiple && ' A new one takes the place of this one.'}
      </span>
    </>
  );
}

interface FileListProps {
  readonly files: readonly FieldFile[];
  readonly fileHref?: ((id: string) => string) | undefined;
  /** The field they can be taken off; null when they stay. */
  readonly remove?: string | null;
}

export const FileList = ({ files, fileHref = (id) => `/files/${id}`, remove = null }: FileListProps) => (
  <ul class="given">
    {files.map((f) => (
      <li>
        <a href={fileHref(f.id)} download={f.name}>
          {f.name}
        </a>
        <span class="small num">{sizeWords(f.size)}</span>
        {remove !== null && (
          <button
            type="submit"
            class="button quiet"
            name="remove"
            value={`${remove} ${f.id}`}
            formnovalidate
            aria-label={`Remove ${f.name}`}
          >
            Remove
          </button>
        )}
      </li>
    ))}
  </ul>
);
