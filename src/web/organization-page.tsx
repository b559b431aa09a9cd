/** The settings of an org, and how they look to its clients. */
import { ownColour } from '../domain/brand.ts';
import { limits } from '../domain/limits.ts';
import type { Session } from '../oauth/session.ts';
import { type OrgSettings, timeZones } from '../operations/org-settings.ts';
import { firstLetter } from '../platform/plain-line.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice } from './kit/parts.tsx';
import { Settings } from './kit/settings.tsx';
import { TextField } from './kit/text-field.tsx';
import { settingsStyles } from './members-page.tsx';

export interface OrganizationView {
  readonly session: Session;
  readonly settings: OrgSettings;
  readonly notice: string | null;
  readonly problem: string | null;
  /** What is wrong with the name that was typed. */
  readonly wrongName: string | null;
  readonly typed: Readonly<Record<string, string>>;
}

export function organizationPage({ session, settings, notice, problem, wrongName, typed }: OrganizationView): string {
  const { org, branding } = settings;
  const manages = session.org !== null && session.org.role !== 'MEMBER';
  const zone = typed.time_zone ?? org.timeZone;
  return renderPage({
    title: 'Organization',
    styles: settingsStyles,
    children: (
      <Settings session={session} here="/settings/organization">
        <h1>
          {org.name} keeps {zoneName(org.timeZone)} time
        </h1>
        <Notice text={notice} />
        <Notice text={problem} bad />
        {wrongName !== null && (
          <p class="notice bad" role="alert">
            <a href="#name">Nothing changed. Look at the name.</a>
          </p>
        )}
        {manages ? (
          <>
            <form method="post" action="/settings/organization" class="card sheet part">
              <Csrf secret={session.secret} />
              <TextField
                {...{ name: 'name', label: 'Name', value: typed.name ?? org.name, autocomplete: 'organization' }}
                {...{
                  most: limits.name,
                  help: `Clients see it in their portal and in mails. In addresses it stays ${org.slug}.`,
                  wrong: wrongName,
                }}
              />
              <div class="field">
                <label for="time_zone">Time zone</label>
                <select id="time_zone" name="time_zone" aria-describedby="time_zone-help">
                  {!timeZones.includes(zone) && (
                    <option value={zone} selected>
                      {zone}
                    </option>
                  )}
                  {regions.map(([region, zones]) => (
                    <optgroup label={region}>
                      {zones.map((z) => (
                        <option value={z} selected={z === zone}>
                          {z.replaceAll('_', ' ')}
                        </option>
                      ))}
                    </optgroup>
                  ))}
                </select>
                <span class="small" id="time_zone-help">
                  Due dates are days there. Flows that exist keep the one they were made with.
                </span>
              </div>
              <button type="submit" class="button primary">
                Save
              </button>
            </form>
            <section>
              <h2>How clients see you</h2>
              <div class="card sheet part">
                <Preview settings={settings} />
                <form method="post" action="/settings/organization/colour" class="pair">
                  <Csrf secret={session.secret} />
                  <div class="field">
                    <label for="colour">Colour</label>
                    <input id="colour" name="colour" type="color" value={branding.colour ?? ownColour} />
                  </div>
                  <button type="submit" class="button">
                    Use this colour
                  </button>
                  {branding.colour !== null && (
                    <button type="submit" class="button quiet" name="own" value="yes">
                      Use Booflow’s green
                    </button>
                  )}
                </form>
                {branding.adjustment !== null && <p class="small">{branding.adjustment}</p>}
              </div>
              <form
                method="post"
                action="/settings/organization/logo"
                enctype="multipart/form-data"
                class="card sheet part"
              >
                <Csrf secret={session.secret} />
                {branding.logo !== null && <img class="logo-now" src={branding.logo} alt={`Logo of ${org.name}`} />}
                <div class="field">
                  <label for="image">Logo</label>
                  <input
                    id="image"
                    name="image"
                    type="file"
                    accept="image/png,image/jpeg,image/webp"
                    aria-describedby="image-help"
                  />
                  <span class="small" id="image-help">
                    PNG, JPEG or WebP of up to 200 kB. Shown 40 pixels high, on white and on dark.
                  </span>
                </div>
                <div class="pair">
                  <button type="submit" class="button">
                    Use this logo
                  </button>
                  {branding.logo !== null && (
                    <button type="submit" class="button quiet" name="away" value="yes">
                      Take the logo away
                    </button>
                  )}
                </div>
              </form>
            </section>
          </>
        ) : (
          <div class="card sheet part">
            <dl class="known">
              <dt>Name</dt>
              <dd>{org.name}</dd>
              <dt>In addresses</dt>
              <dd>{org.slug}</dd>
              <dt>Time zone</dt>
              <dd>{org.timeZone}</dd>
            </dl>
            <p class="small">Owners and admins change these.</p>
          </div>
        )}
      </Settings>
    ),
  });
}

const zoneName = (zone: string): string => (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');

/** Zones by what stands before their slash. */
const regionOf = (zone: string): string => (zone.includes('/') ? (zone.split('/')[0] ?? zone) : 'Everywhere');
const regions = [...new Set(timeZones.map(regionOf))].map(
  (region) => [region, timeZones.filter((zone) => regionOf(zone) === region)] as const,
);

const grounds = { light: { card: '#ffffff', ink: '#1d1c19' }, dark: { card: '#1b1e1b', ink: '#eceae4' } } as const;

/** A drawing with its own colours: both modes are seen side by side, whichever the reader is in. */
function Preview({ settings: { org, branding } }: { readonly settings: OrgSettings }) {
  const name = org.name.length > 18 ? `${org.name.slice(0, 17)}…` : org.name;
  return (
    <svg class="preview" viewBox="0 0 480 132" role="img" aria-label="Your colour on a light and on a dark page">
      {(['light', 'dark'] as const).map((mode, i) => {
        const { brand, ink } = branding.shades[mode];
        const ground = grounds[mode];
        return (
          <g transform={`translate(${i * 244} 0)`} font-family="Inter Variable, Inter, sans-serif">
            <rect
              x="0.5"
              y="0.5"
              width="235"
              height="131"
              rx="10"
              fill={ground.card}
              stroke={brand}
              stroke-opacity="0.3"
            />
            <rect x="16" y="16" width="32" height="32" rx="8" fill={brand} />
            <text x="32" y="37" text-anchor="middle" font-size="15" font-weight="700" fill={ink}>
              {firstLetter(org.name)}
            </text>
            <text x="60" y="37" font-size="14" font-weight="600" fill={ground.ink}>
              {name}
            </text>
            <rect x="16" y="64" width="112" height="36" rx="6" fill={brand} />
            <text x="72" y="87" text-anchor="middle" font-size="13" font-weight="600" fill={ink}>
              Send answers
            </text>
            <text x="144" y="87" font-size="13" font-weight="600" fill={brand}>
              On it
            </text>
            <text x="16" y="120" font-size="11" fill={ground.ink} opacity="0.75">
              {mode === 'light' ? 'On a light page' : 'On a dark page'}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
