/** An org's face towards its clients: who this is from, in its colour. */
import { ownColour } from '../../domain/brand.ts';
import { firstLetter } from '../../platform/plain-line.ts';

/** What `brandingOf` gives. */
export interface Branding {
  readonly name: string;
  readonly colour: string | null;
  readonly logo: string | null;
}

interface BrandHeaderProps {
  readonly branding: Branding;
  /** What it is about, below the name: the flow. */
  readonly about: string;
}

/** Logo or first letter, the org's name, what it is about. The page links `brandStyles` for the colour. */
export const BrandHeader = ({ branding, about }: BrandHeaderProps) => (
  <header class="from">
    {branding.logo === null ? (
      <span class="mark" aria-hidden="true">
        {firstLetter(branding.name)}
      </span>
    ) : (
      <img class="logo-image" src={branding.logo} alt="" height="40" />
    )}
    <span>
      <b>{branding.name}</b>
      <span class="small">{about}</span>
    </span>
  </header>
);

/** The style sheets that colour a page for this org: for `renderPage`. */
export const brandStyles = ({ colour }: Pick<Branding, 'colour'>): readonly string[] =>
  colour === null || colour === ownColour ? [] : [`/brand/colour/${colour.slice(1)}.css`];
