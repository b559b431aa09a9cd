/** A template's steps as a list: what a reader gets beside the graph. */
import type { DraftField, DraftStep } from '../../domain/draft.ts';
import { Face } from '../kit/face.tsx';
import { dot } from '../kit/parts.tsx';
import { TypeIcon } from './type-icon.tsx';
import { afterTitles, conditionWords, dueWords, faceOf, whoWords } from './words.ts';

export const StepsList = ({ steps }: { readonly steps: readonly DraftStep[] }) => (
  <ol class="step-list card">
    {steps.map((step, i) => (
      <li id={`step-${step.key}`} key={step.key}>
        <span class="num small">{i + 1}</span>
        <TypeIcon type={step.type} />
        <div class="grow">
          <b>{step.title}</b>
          {step.description && <p class="said">{step.description}</p>}
          <Facts step={step} steps={steps} />
          {step.fields.length > 0 && <Fields fields={step.fields} />}
        </div>
        <Who step={step} />
      </li>
    ))}
  </ol>
);

const Who = ({ step }: { readonly step: DraftStep }) => {
  const face = faceOf(step);
  return (
    <span class="wait small">
      {face && <Face {...face} />}
      {whoWords(step)}
    </span>
  );
};

function Facts({ step, steps }: { readonly step: DraftStep; readonly steps: readonly DraftStep[] }) {
  const due = dueWords(step, steps);
  const condition = conditionWords(step, steps);
  const after = afterTitles(step, steps);
  return (
    <p class="small">
      {[due && `Due ${due}`, after.length > 0 && `after ${after.join(', ')}`, condition]
        .filter((part) => typeof part === 'string')
        .join(dot)}
    </p>
  );
}

const fieldWords: Record<DraftField['type'], string> = { text: 'text', choice: 'choice', date: 'date', file: 'file' };

const Fields = ({ fields }: { readonly fields: readonly DraftField[] }) => (
  <details class="as-list">
    <summary>{fields.length === 1 ? '1 field' : `${fields.length} fields`}</summary>
    <ul class="asked small">
      {fields.map((f) => (
        <li key={f.key}>
          {f.label}
          {f.required ? '' : ', optional'}
          {dot}
          {f.type === 'choice' ? f.options.join(' / ') : fieldWords[f.type]}
        </li>
      ))}
    </ul>
  </details>
);
