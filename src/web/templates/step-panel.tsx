/** The open step, as fields to fill in. Each field has the id that its problems point to. */
import type { ComponentChildren } from 'preact';
import type { Draft, DraftField, DraftProblem, DraftStep } from '../../domain/draft.ts';
import { limits } from '../../domain/limits.ts';
import { type FileKind, fileKinds, taskTypes } from '../../domain/template.ts';
import { earlier } from './edit.ts';
import { type Member, pairOf } from './step-form.ts';
import { typeWords } from './words.ts';

/** What is wrong with exactly this field. Always there, so that it can be filled without a new page. */
const Wrong = ({ at, problems }: { readonly at: string; readonly problems: readonly DraftProblem[] }) => (
  <span class="wrong" id={`e-${at.replaceAll('.', '-')}`}>
    {problems
      .filter((p) => p.at === at)
      .map((p) => p.message)
      .join(' ')}
  </span>
);

interface FieldProps {
  readonly at: string;
  readonly label: string;
  readonly problems: readonly DraftProblem[];
  readonly children: ComponentChildren;
}

const idOf = (at: string): string => `f-${at.replaceAll('.', '-')}`;
const Field = ({ at, label, problems, children }: FieldProps) => (
  <div class="field">
    <label for={idOf(at)}>{label}</label>
    {children}
    <Wrong at={at} problems={problems} />
  </div>
);
/** What ties a control to its label, its problem and its name in the draft. */
const tied = (at: string, problems: readonly DraftProblem[]) => ({
  id: idOf(at),
  'aria-describedby': `e-${at.replaceAll('.', '-')}`,
  'aria-invalid': problems.some((p) => p.at === at) ? ('true' as const) : undefined,
});

interface DetailsProps {
  readonly draft: Draft;
  readonly problems: readonly DraftProblem[];
}

export const DetailsPanel = ({ draft, problems }: DetailsProps) => (
  <section class="card pad stack" aria-label="Name and description">
    <h2 class="title">Name and description</h2>
    <Field at="name" label="Name" problems={problems}>
      <input {...tied('name', problems)} name="name" value={draft.name} maxLength={limits.name} autocomplete="off" />
    </Field>
    <Field at="description" label="Description, if you like" problems={problems}>
      <textarea {...tied('description', problems)} name="description" rows={4} maxLength={limits.description}>
        {draft.description}
      </textarea>
    </Field>
    <Field at="category" label="Category, if you like" problems={problems}>
      <input
        {...tied('category', problems)}
        name="category"
        value={draft.category}
        maxLength={limits.role}
        placeholder="Such as “Onboarding”"
      />
    </Field>
  </section>
);

interface StepProps {
  readonly step: DraftStep;
  readonly draft: Draft;
  readonly problems: readonly DraftProblem[];
  readonly members: readonly Member[];
}

export const StepPanel = (given: StepProps) => {
  const { step, draft } = given;
  // An option has no field of its own.
  const problems = given.problems.map((p) => ({ ...p, at: p.at.replace(/\.options\.\d+$/, '.options') }));
  const props = { ...given, problems };
  const at = draft.steps.indexOf(step);
  return (
    <section class="card pad stack" aria-label={`Step ${at + 1}`}>
      <div class="head">
        <h2 class="title">
          Step {at + 1} <span class="small">of {draft.steps.length}</span>
        </h2>
        <div class="row tools">
          <Tool action="up" label="Move up" disabled={at === 0} />
          <Tool action="down" label="Move down" disabled={at === draft.steps.length - 1} />
          <Tool action="duplicate" label="Duplicate" />
          <Tool action="remove" label="Remove" />
        </div>
      </div>
      <Wrong at="" problems={problems} />
      <Field at="title" label="Title" problems={problems}>
        <input
          {...tied('title', problems)}
          name="title"
          value={step.title}
          maxLength={limits.name}
          autocomplete="off"
        />
      </Field>
      <Field at="description" label="What is to be done, if you like" problems={problems}>
        <textarea {...tied('description', problems)} name="description" rows={3} maxLength={limits.description}>
          {step.description}
        </textarea>
      </Field>
      <fieldset class="kinds" id="f-type">
        <legend>Kind</legend>
        {taskTypes.map((t) => (
          <label key={t}>
            <input type="radio" name="type" value={t} checked={t === step.type} />
            {typeWords[t]}
          </label>
        ))}
        <Wrong at="type" problems={problems} />
      </fieldset>
      <Assignee {...props} />
      <Due {...props} />
      <Dependencies {...props} />
      <Condition {...props} />
      {(step.type === 'FORM' || step.fields.length > 0) && <FormFields step={step} problems={problems} />}
      <details class="as-list">
        <summary>Key, for files and the API</summary>
        <Field at="key" label="Key" problems={problems}>
          <input {...tied('key', problems)} name="key" value={step.key} maxLength={64} spellcheck={false} />
        </Field>
      </details>
    </section>
  );
};

interface ToolProps {
  readonly action: string;
  readonly label: string;
  readonly disabled?: boolean;
  /** What it acts on, for who does not see it. */
  readonly on?: string;
}

const Tool = ({ action, label, disabled = false, on }: ToolProps) => (
  <button
    type="submit"
    name="do"
    value={action}
    class="button quiet"
    disabled={disabled}
    aria-label={on === undefined ? undefined : `${label} ${on}`}
  >
    {label}
  </button>
);

function Assignee({ step, members, problems }: StepProps) {
  const { assignee } = step;
  const gone = assignee.kind === 'member' && !members.some((m) => m.id === assignee.userId) ? assignee : null;
  const role = assignee.kind === 'role' || assignee.kind === 'client' ? assignee.role : '';
  const chosen = assignee.kind === 'member' ? `member:${assignee.userId}` : assignee.kind;
  return (
    <div class="pair" id="f-assignee">
      <Field at="who" label="Who does it" problems={problems}>
        <select id="f-who" name="who">
          <Options
            chosen={chosen}
            options={[
              ['nobody', 'Nobody yet'],
              ['starter', 'Whoever starts the flow'],
              ['client', 'A client'],
              ['role', 'A role in the organization'],
            ]}
          />
          <optgroup label="A member, always the same">
            <Options chosen={chosen} options={members.map((m) => [`member:${m.id}`, m.name])} />
            {gone && <Options chosen={chosen} options={[[`member:${gone.userId}`, `${gone.name}, no member here`]]} />}
          </optgroup>
        </select>
        <Wrong at="assignee" problems={problems} />
      </Field>
      {(assignee.kind === 'role' || assignee.kind === 'client') && (
        <Field
          at="assignee.role"
          label={assignee.kind === 'client' ? 'Which client' : 'Which role'}
          problems={problems}
        >
          <input
            {...tied('assignee.role', problems)}
            name="role"
            value={role}
            maxLength={limits.role}
            autocomplete="off"
            placeholder={assignee.kind === 'client' ? 'The first one invited' : 'Such as “account manager”'}
          />
        </Field>
      )}
    </div>
  );
}

const Options = ({
  options,
  chosen,
}: {
  readonly options: readonly (readonly [value: string, words: string])[];
  readonly chosen: string;
}) => (
  <>
    {options.map(([value, words]) => (
      <option value={value} selected={value === chosen} key={value}>
        {words}
      </option>
    ))}
  </>
);

/** Fields of the forms that come before, and the one that is chosen though it does not. */
function answers(
  draft: Draft,
  step: DraftStep,
  types: readonly DraftField['type'][],
  chosen: string,
): (readonly [string, string])[] {
  const all = earlier(draft, step.key).flatMap((form) =>
    form.fields
      .filter((f) => types.includes(f.type))
      .map((f) => [pairOf(form.key, f.key), `${f.label || f.key} (${form.title})`] as const),
  );
  return chosen === '' || chosen === '.' || all.some(([value]) => value === chosen)
    ? all
    : [...all, [chosen, `${chosen}, which does not come before`]];
}

function Due({ step, draft, problems }: StepProps) {
  const { due } = step;
  const from = due === null ? '' : due.from !== 'answer' ? due.from : due.days < 0 ? 'before' : 'after';
  const chosen = due?.from === 'answer' ? pairOf(due.step, due.field) : '';
  const dates = answers(draft, step, ['date'], chosen);
  const wrong = problems.filter((p) => /^due(\.|$)/.test(p.at)).map((p) => ({ ...p, at: 'due' }));
  return (
    <fieldset id="f-due">
      <legend>Due</legend>
      <div class="sentence">
        {due !== null && (
          <>
            <input
              type="number"
              name="due_days"
              id="f-due-days"
              aria-label="Days"
              value={Math.abs(due.days)}
              min={0}
              max={limits.dueDays}
              step={1}
              required
            />
            <select name="due_unit" id="f-due-unit" aria-label="Kind of days">
              <Options
                chosen={due.unit}
                options={[
                  ['calendar', 'days'],
                  ['business', 'business days'],
                ]}
              />
            </select>
          </>
        )}
        <select name="due_from" id="f-due-from" aria-label="Counted from">
          <Options
            chosen={from}
            options={[
              ['', 'No due date'],
              ['start', 'after the start'],
              ['ready', 'after it is ready'],
              ...(dates.length > 0 || due?.from === 'answer'
                ? ([
                    ['after', 'after an answered date'],
                    ['before', 'before an answered date'],
                  ] as const)
                : []),
            ]}
          />
        </select>
        {due?.from === 'answer' && (
          <select name="due_answer" id="f-due-step" aria-label="Which date">
            <Options chosen={chosen} options={[['', 'Choose a date'], ...dates]} />
          </select>
        )}
      </div>
      <Wrong at="due" problems={wrong} />
    </fieldset>
  );
}

function Dependencies({ step, draft, problems }: StepProps) {
  const wrong = problems.filter((p) => /^dependsOn(\.|$)/.test(p.at)).map((p) => ({ ...p, at: 'dependsOn' }));
  const open = draft.steps.filter((s) => s.key !== step.key && !step.dependsOn.includes(s.key));
  return (
    <fieldset id="f-dependsOn">
      <legend>Waits for</legend>
      {step.dependsOn.length === 0 && <p class="small">Nothing: it is ready as soon as the flow starts.</p>}
      {step.dependsOn.length > 0 && (
        <ul class="chosen">
          {step.dependsOn.map((key) => {
            const title = draft.steps.find((s) => s.key === key)?.title || key;
            return (
              <li key={key}>
                <span class="grow">{title}</span>
                <Tool action={`undepend:${key}`} label="Remove" on={title} />
              </li>
            );
          })}
        </ul>
      )}
      {open.length > 0 && (
        <div class="sentence">
          <select name="depend" id="f-depend" aria-label="Another step to wait for">
            <Options
              chosen=""
              options={[['', 'Another step…'], ...open.map((s) => [s.key, s.title || s.key] as const)]}
            />
          </select>
          <button type="submit" name="do" value="depend" class="button">
            Wait for it
          </button>
        </div>
      )}
      <Wrong at="dependsOn" problems={wrong} />
    </fieldset>
  );
}

function Condition({ step, draft, problems }: StepProps) {
  const { condition } = step;
  const chosen = condition === null ? '' : pairOf(condition.step, condition.field);
  const fields = answers(draft, step, ['choice', 'text'], chosen);
  const wrong = problems.filter((p) => /^condition(\.|$)/.test(p.at)).map((p) => ({ ...p, at: 'condition' }));
  const field = draft.steps.find((s) => s.key === condition?.step)?.fields.find((f) => f.key === condition?.field);
  return (
    <fieldset id="f-condition">
      <legend>Only if</legend>
      {fields.length === 0 && condition === null ? (
        <p class="small">Always. It can count on an answer once it waits for a form with a choice or a text.</p>
      ) : (
        <div class="sentence">
          <select name="if_on" id="f-condition-step" aria-label="The answer it counts on">
            <Options chosen={chosen} options={[['', 'Always'], ...fields]} />
          </select>
          {condition !== null && (
            <select name="if_op" id="f-condition-op" aria-label="How it counts">
              <Options
                chosen={condition.op}
                options={[
                  ['is', 'is one of'],
                  ['is_not', 'is none of'],
                ]}
              />
            </select>
          )}
        </div>
      )}
      {condition !== null && (
        <div class="values" id="f-condition-values">
          {field?.type === 'choice' ? (
            [...new Set([...field.options, ...condition.values])].map((option, n) => (
              <label key={option}>
                <input
                  type="checkbox"
                  name={`if_value.${n}`}
                  value={option}
                  id={`f-condition-values-${n}`}
                  checked={condition.values.includes(option)}
                />
                {option}
                {!field.options.includes(option) && ', no option any more'}
              </label>
            ))
          ) : (
            <label class="field">
              <span class="small">Each answer on its own line</span>
              <textarea name="if_text" id="f-condition-values-0" rows={2}>
                {condition.values.join('\n')}
              </textarea>
            </label>
          )}
        </div>
      )}
      <Wrong at="condition" problems={wrong} />
    </fieldset>
  );
}

const kindWords: Record<FileKind, string> = {
  image: 'images',
  pdf: 'PDF',
  document: 'documents',
  spreadsheet: 'spreadsheets',
  presentation: 'presentations',
  text: 'text',
  archive: 'archives',
};

const FormFields = ({ step, problems }: { readonly step: DraftStep; readonly problems: readonly DraftProblem[] }) => (
  <fieldset id="f-fields">
    <legend>What the form asks</legend>
    <Wrong at="fields" problems={problems} />
    {step.fields.map((field, n) => (
      <OneField field={field} n={n} last={n === step.fields.length - 1} problems={problems} key={field.key} />
    ))}
    <button type="submit" name="do" value="field-add" class="button" id="field-add">
      Add a field
    </button>
  </fieldset>
);

interface OneFieldProps {
  readonly field: DraftField;
  readonly n: number;
  readonly last: boolean;
  readonly problems: readonly DraftProblem[];
}

function OneField({ field, n, last, problems }: OneFieldProps) {
  const at = (part: string): string => `fields.${n}.${part}`;
  const name = (part: string): string => `field.${n}.${part}`;
  const on = field.label || `field ${n + 1}`;
  return (
    <fieldset class="asks" aria-label={on}>
      <div class="pair">
        <Field at={at('label')} label="Label" problems={problems}>
          <input
            {...tied(at('label'), problems)}
            name={name('label')}
            value={field.label}
            maxLength={limits.name}
            autocomplete="off"
          />
        </Field>
        <Field at={at('type')} label="Answer" problems={problems}>
          <select id={idOf(at('type'))} name={name('type')}>
            <Options
              chosen={field.type}
              options={[
                ['text', 'Text'],
                ['choice', 'Choice'],
                ['date', 'Date'],
                ['file', 'File'],
              ]}
            />
          </select>
        </Field>
      </div>
      {field.type === 'choice' && (
        <Field at={at('options')} label="Options, each on its own line" problems={problems}>
          <textarea
            {...tied(at('options'), problems)}
            name={name('options')}
            rows={Math.min(8, Math.max(3, field.options.length + 1))}
          >
            {field.options.join('\n')}
          </textarea>
        </Field>
      )}
      <Field at={at('help')} label="Help, if you like" problems={problems}>
        <input {...tied(at('help'), problems)} name={name('help')} value={field.help} maxLength={limits.description} />
      </Field>
      <Wrong at={at('key')} problems={problems} />
      <div class="values">
        <Check name={name('required')} checked={field.required} label="Must be answered" />
        {field.type === 'text' && <Check name={name('multiline')} checked={field.multiline} label="Several lines" />}
        {field.type === 'file' && (
          <>
            <Check name={name('multiple')} checked={field.multiple} label="Several files" />
            <span class="small">Only (any when none is chosen):</span>
            {fileKinds.map((kind) => (
              <Check
                name={name(`accept.${kind}`)}
                checked={field.accept.includes(kind)}
                label={kindWords[kind]}
                key={kind}
              />
            ))}
          </>
        )}
      </div>
      <div class="row tools">
        <Tool action={`field-up:${n}`} label="Up" disabled={n === 0} on={on} />
        <Tool action={`field-down:${n}`} label="Down" disabled={last} on={on} />
        <Tool action={`field-remove:${n}`} label="Remove" on={on} />
      </div>
    </fieldset>
  );
}

const Check = ({
  name,
  checked,
  label,
}: {
  readonly name: string;
  readonly checked: boolean;
  readonly label: string;
}) => (
  <label>
    <input type="checkbox" name={name} checked={checked} id={`c-${name.replaceAll('.', '-')}`} />
    {label}
  </label>
);
