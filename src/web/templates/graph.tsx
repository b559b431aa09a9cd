/** A template's steps as a graph: the layout of a flow's graph, with what a step is instead of how it stands. */
import type { ComponentChildren } from 'preact';
import type { DraftStep } from '../../domain/draft.ts';
import { curve, layOut, node, type Place } from '../graph.tsx';
import { initials } from '../kit/face.tsx';
import { TypeIcon } from './type-icon.tsx';
import { faceOf, typeWords, whoWords } from './words.ts';

interface TemplateGraphProps {
  readonly steps: readonly DraftStep[];
  readonly selected?: string;
  /** Left to right unless said otherwise. */
  readonly direction?: 'LR' | 'TB';
  /** Keys of steps with something to mend. */
  readonly wrong?: ReadonlySet<string>;
  /** What a node is: a link to its step, or in the editor a button that opens it. */
  readonly wrap: (step: DraftStep, classes: string, inside: ComponentChildren) => ComponentChildren;
}

export function TemplateGraph({ steps, selected, direction = 'LR', wrong = new Set(), wrap }: TemplateGraphProps) {
  const { width, height, places, lines } = layOut(
    steps.map((s) => ({ id: s.key, dependsOn: s.dependsOn })),
    direction,
  );
  const drawn = new Set<string>();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing with links in it is a group, and no form
    <svg
      width={Math.ceil(width)}
      height={Math.ceil(height)}
      viewBox={`0 0 ${Math.ceil(width)} ${Math.ceil(height)}`}
      role="group"
      aria-label="Steps as a graph"
    >
      {lines.map(({ before, after, points }) => (
        <path d={curve(points.map(rounded), direction)} class="edge" key={`${before} ${after}`} />
      ))}
      {steps.map((step) => {
        const place = places.get(step.key);
        if (!place || drawn.has(step.key)) return null;
        drawn.add(step.key);
        const face = faceOf(step);
        const classes = [
          'node',
          step.key === selected ? 'selected' : '',
          wrong.has(step.key) ? 'mend' : '',
          step.condition ? 'perhaps' : '',
        ];
        return (
          <foreignObject
            x={Math.round(place.x - node.width / 2)}
            y={Math.round(place.y - node.height / 2)}
            width={node.width}
            height={node.height}
            key={step.key}
          >
            {wrap(
              step,
              classes.filter((c) => c !== '').join(' '),
              <>
                <TypeIcon type={step.type} />
                <span class="grow">
                  <b>{step.title || 'Without a title'}</b>
                  <span class="small">
                    {step.condition ? 'if… ' : ''}
                    {step.type === 'TASK' ? '' : `${typeWords[step.type]}, `}
                    {whoWords(step)}
                  </span>
                </span>
                {face && (
                  <span class={face.kind === 'external' ? 'face ext' : 'face'} aria-hidden="true">
                    {initials(face.name)}
                  </span>
                )}
              </>,
            )}
          </foreignObject>
        );
      })}
    </svg>
  );
}

const rounded = ({ x, y }: Place): Place => ({ x: Math.round(x), y: Math.round(y) });
