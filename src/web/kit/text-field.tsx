/** A field for one line of text: label above, help below, what is wrong beside it. */

interface TextFieldProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly type?: 'text' | 'email' | 'password' | 'url';
  readonly autocomplete: string;
  readonly most: number;
  readonly least?: number;
  /** It may be left empty. */
  readonly optional?: boolean;
  readonly help?: string;
  readonly wrong?: string | null;
}

export function TextField(props: TextFieldProps) {
  const { name, label, value, type = 'text', autocomplete, most, least, optional = false, help, wrong = null } = props;
  const told = [...(help ? [`${name}-help`] : []), ...(wrong === null ? [] : [`${name}-wrong`])].join(' ');
  const same = {
    ...{ id: name, name, value, autocomplete, required: !optional },
    ...{ maxLength: most, minLength: least },
    'aria-describedby': told || undefined,
    'aria-invalid': wrong === null ? undefined : ('true' as const),
    // Where to go on: the page came anew, and what is wrong may stand far down. Of several the first is taken.
    autofocus: wrong !== null,
  };
  return (
    <div class="field">
      <label for={name}>
        {label}
        {optional && ', if you like'}
      </label>
      {type === 'password' ? (
        <input {...same} type="password" />
      ) : type === 'email' ? (
        <input {...same} type="email" />
      ) : type === 'url' ? (
        <input {...same} type="url" />
      ) : (
        <input {...same} type="text" />
      )}
      {wrong !== null && (
        <span class="wrong" id={`${name}-wrong`}>
          {wrong}
        </span>
      )}
      {help && (
        <span class="small" id={`${name}-help`}>
          {help}
        </span>
      )}
    </div>
  );
}
