/** Members are round, clients are square: one sees on whose side something lies. */

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
  const letters =
    words.length > 1 ? [words[0], words.at(-1)].map((w) => [...(w ?? '')][0]) : [...(words[0] ?? '?')].slice(0, 2);
  return letters.join('').toUpperCase();
}
