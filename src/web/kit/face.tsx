/** Members are round, clients are square: one sees on whose side something lies. */
import { firstLetter, lettersOf } from '../../platform/plain-line.ts';

interface FaceProps {
  readonly kind: 'member' | 'external';
  readonly name: string;
  /** The name stands nowhere else: a reader's software says it. */
  readonly say?: boolean;
}

export const Face = ({ kind, name, say }: FaceProps) => {
  const look = kind === 'external' ? 'face ext' : 'face';
  const whose = kind === 'external' ? `client ${name}` : name;
  return say ? (
    <span class={look} role="img" aria-label={whose} title={whose}>
      {initials(name)}
    </span>
  ) : (
    <span class={look} aria-hidden="true">
      {initials(name)}
    </span>
  );
};

export function initials(name: string): string {
  const words = name.split(/\s+/).filter((w) => w !== '');
  const [first = '?'] = words;
  const last = words.at(-1);
  const letters = words.length > 1 && last ? [firstLetter(first), firstLetter(last)] : lettersOf(first).slice(0, 2);
  return letters.join('').toUpperCase();
}
