/** One thing a form asks, as a person fills it in: the same on a flow's page and in the portal. */
import type { FormField } from '../../domain/template.ts';

interface FieldInputProps {
  readonly field: FormField;
  /** Unique on the page. */
  readonly id: string;
  /** What was typed or answered; '' for nothing yet. */
  readonly value: string;
}

/** What a form's field is called when it is sent. */
export const answerName = (key: string): string => `answer.${key}`;

/** The answers by field key, from a form that was sent. */
export const answersIn = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).flatMap(([k, v]) => (k.startsWith('answer.') ? [[k.slice(7), v]] : [])));

export function FieldInput({ field, id, value }: FieldInputProps) {
  const help = field.help === '' ? undefined : `${id}-help`;
  return (
    <div class="field">
      <label for={id}>
        {field.label}
        {!field.required && <span class="small"> (if you like)</span>}
      </label>
      <Control field={field} id={id} value={value} help={help} />
      {help && (
        <span class="small" id={help}>
          {field.help}
        </span>
      )}
    </div>
  );
}

function Control({ field, id, value, help }: FieldInputProps & { readonly help: string | undefined }) {
  const same = { id, name: answerName(field.key), required: field.required, 'aria-describedby': help };
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
