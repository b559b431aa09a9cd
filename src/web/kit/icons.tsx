/** Status as a shape and a word, never colour alone. */
import type { ComponentChildren } from 'preact';
import type { FlowStatus, TaskStatus } from '../../domain/flow.ts';

interface ShapeProps {
  /** Empty where the word stands beside it: a reader's software passes over the shape then. */
  readonly label: string;
  readonly children: ComponentChildren;
}

const Shape = ({ label, children }: ShapeProps) =>
  label === '' ? (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      {children}
    </svg>
  ) : (
    <svg class="icon" viewBox="0 0 16 16" role="img" aria-label={label}>
      {children}
    </svg>
  );

const words: Readonly<Record<TaskStatus, string>> = {
  BLOCKED: 'Blocked',
  READY: 'Ready',
  COMPLETED: 'Completed',
  REJECTED: 'Sent back',
  SKIPPED: 'Skipped',
  CANCELLED: 'Cancelled',
};

/** The status as people say it. */
export const statusWord = (status: TaskStatus): string => words[status];

interface StatusIconProps {
  readonly status: TaskStatus;
  readonly label?: string;
}

export function StatusIcon({ status, label = words[status] }: StatusIconProps) {
  switch (status) {
    case 'COMPLETED':
      return (
        <Shape label={label}>
          <circle cx="8" cy="8" r="7" fill="var(--done)" />
          <path d="M5 8.2l2.1 2.1L11.2 6" fill="none" stroke="var(--card)" stroke-width="1.7" stroke-linecap="round" />
        </Shape>
      );
    case 'READY':
      return (
        <Shape label={label}>
          <circle cx="8" cy="8" r="6.2" fill="none" stroke="var(--ready)" stroke-width="1.5" />
          <circle cx="8" cy="8" r="2.4" fill="var(--ready)" />
        </Shape>
      );
    case 'BLOCKED':
      return (
        <Shape label={label}>
          <circle
            cx="8"
            cy="8"
            r="6.2"
            fill="none"
            stroke="var(--ink-3)"
            stroke-width="1.5"
            stroke-dasharray="2.4 2.3"
          />
        </Shape>
      );
    case 'REJECTED':
      return (
        <Shape label={label}>
          <rect x="2" y="2" width="12" height="12" rx="2.5" fill="none" stroke="var(--bad)" stroke-width="1.5" />
          <path d="M5.5 5.5l5 5m0-5l-5 5" stroke="var(--bad)" stroke-width="1.5" stroke-linecap="round" />
        </Shape>
      );
    case 'SKIPPED':
    case 'CANCELLED':
      return (
        <Shape label={label}>
          <circle cx="8" cy="8" r="6.2" fill="none" stroke="var(--ink-3)" stroke-width="1.5" />
          <path d="M3.6 12.4l8.8-8.8" stroke="var(--ink-3)" stroke-width="1.5" />
        </Shape>
      );
  }
}

export const LateIcon = ({ label = 'Overdue' }: { readonly label?: string }) => (
  <Shape label={label}>
    <g fill="none" stroke="var(--late)" stroke-width="1.6" stroke-linecap="round">
      <path d="M8 1.6 15 14H1z" stroke-linejoin="round" />
      <path d="M8 6.2v3.4M8 11.9v.1" />
    </g>
  </Shape>
);

/** A flow's state: the ring of a task's where it is the same, two bars for a pause. */
export function FlowIcon({ status }: { readonly status: FlowStatus }) {
  switch (status) {
    case 'DRAFT':
      return <StatusIcon status="BLOCKED" label="" />;
    case 'ACTIVE':
      return <StatusIcon status="READY" label="" />;
    case 'COMPLETED':
      return <StatusIcon status="COMPLETED" label="" />;
    case 'CANCELLED':
      return <StatusIcon status="CANCELLED" label="" />;
    case 'PAUSED':
      return (
        <Shape label="">
          <circle cx="8" cy="8" r="6.2" fill="none" stroke="var(--ink-3)" stroke-width="1.5" />
          <path d="M6.4 5.6v4.8M9.6 5.6v4.8" stroke="var(--ink-3)" stroke-width="1.5" stroke-linecap="round" />
        </Shape>
      );
  }
}
