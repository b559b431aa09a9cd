/** Status as a shape and a word, never colour alone. */
import type { TaskStatus } from '../../domain/flow.ts';

const box = { class: 'icon', viewBox: '0 0 16 16', role: 'img' } as const;

export function StatusIcon({ status }: { readonly status: TaskStatus }) {
  switch (status) {
    case 'COMPLETED':
      return (
        <svg {...box} aria-label="Completed">
          <circle cx="8" cy="8" r="7" fill="var(--done)" />
          <path d="M5 8.2l2.1 2.1L11.2 6" fill="none" stroke="var(--card)" stroke-width="1.7" stroke-linecap="round" />
        </svg>
      );
    case 'READY':
      return (
        <svg {...box} aria-label="Ready">
          <circle cx="8" cy="8" r="6.2" fill="none" stroke="var(--ready)" stroke-width="1.5" />
          <circle cx="8" cy="8" r="2.4" fill="var(--ready)" />
        </svg>
      );
    case 'BLOCKED':
      return (
        <svg {...box} aria-label="Blocked">
          <circle
            cx="8"
            cy="8"
            r="6.2"
            fill="none"
            stroke="var(--ink-3)"
            stroke-width="1.5"
            stroke-dasharray="2.4 2.3"
          />
        </svg>
      );
    case 'REJECTED':
      return (
        <svg {...box} aria-label="Rejected">
          <rect x="2" y="2" width="12" height="12" rx="2.5" fill="none" stroke="var(--bad)" stroke-width="1.5" />
          <path d="M5.5 5.5l5 5m0-5l-5 5" stroke="var(--bad)" stroke-width="1.5" stroke-linecap="round" />
        </svg>
      );
    case 'SKIPPED':
    case 'CANCELLED':
      return (
        <svg {...box} aria-label={status === 'SKIPPED' ? 'Skipped' : 'Cancelled'}>
          <circle cx="8" cy="8" r="6.2" fill="none" stroke="var(--ink-3)" stroke-width="1.5" />
          <path d="M3.6 12.4l8.8-8.8" stroke="var(--ink-3)" stroke-width="1.5" />
        </svg>
      );
  }
}

export const LateIcon = () => (
  <svg {...box} aria-label="Overdue" fill="none" stroke="var(--late)" stroke-width="1.6" stroke-linecap="round">
    <path d="M8 1.6 15 14H1z" stroke-linejoin="round" />
    <path d="M8 6.2v3.4M8 11.9v.1" />
  </svg>
);
