/** What a step is, as a shape and a word. */
import type { TaskType } from '../../domain/template.ts';
import { typeWords } from './words.ts';

export function TypeIcon({ type }: { readonly type: TaskType }) {
  return (
    <svg
      class="icon type"
      viewBox="0 0 16 16"
      role="img"
      aria-label={typeWords[type]}
      fill="none"
      stroke="var(--ink-2)"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <Shape type={type} />
    </svg>
  );
}

function Shape({ type }: { readonly type: TaskType }) {
  switch (type) {
    case 'TASK':
      return <circle cx="8" cy="8" r="6.2" />;
    case 'APPROVAL':
      return <path d="M8 1.6 14.4 8 8 14.4 1.6 8zM5.7 8.1l1.6 1.6 3-3.2" />;
    case 'FORM':
      return <path d="M3.2 1.8h9.6v12.4H3.2zM5.8 5.2h4.4M5.8 8h4.4M5.8 10.8h2.4" />;
  }
}
