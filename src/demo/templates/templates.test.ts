import { describe, expect, it } from 'vitest';
import { acmeClientOnboarding, acmeTemplates } from './acme.ts';
import { globexClientOnboarding, globexTemplates } from './globex.ts';
import { publicTemplates } from './public.ts';
import { published } from './published.ts';

const all = [...publicTemplates, ...acmeTemplates, ...globexTemplates];
const names = (of: typeof all) => of.map((t) => t.template.name.toLowerCase());

describe('the templates', () => {
  it('have ids of their own, and names of their own where they are seen together', () => {
    expect(new Set(all.map((t) => t.id)).size).toBe(all.length);
    for (const org of [acmeTemplates, globexTemplates]) {
      const together = names([...org, ...publicTemplates]);
      expect(new Set(together).size).toBe(together.length);
    }
  });

  it.each(all.map((t) => [t.id, t] as const))(
    '%s is a real graph: branches, a join, and something to do for a doer',
    (_, { template }) => {
      const { steps } = template;
      expect(steps.length).toBeGreaterThanOrEqual(6);
      expect(steps.length).toBeLessThanOrEqual(20);
      expect(template.description).not.toBe('');
      expect(template.category).not.toBe('');
      expect(steps.filter((s) => s.description === '')).toEqual([]);
      expect(steps.filter((s) => s.due === null)).toEqual([]);
      expect(steps.some((s) => s.dependsOn.length > 1)).toBe(true);
      expect(steps.some((s) => s.type === 'APPROVAL')).toBe(true);
      expect(steps.some((s) => s.type === 'FORM')).toBe(true);
      expect(steps.some((s) => s.assignee.kind === 'client')).toBe(true);
      const dependents = steps.flatMap((s) => s.dependsOn);
      const branches = steps.some((s) => dependents.filter((d) => d === s.key).length > 1);
      expect(branches || steps.filter((s) => s.dependsOn.length === 0).length > 1).toBe(true);
    },
  );

  it.each(all.map((t) => [t.id, t] as const))('%s is never due before what it waits for', (_, { template }) => {
    const due = new Map(template.steps.map((s) => [s.key, s.due]));
    for (const step of template.steps) {
      for (const key of step.dependsOn) {
        const before = due.get(key);
        if (step.due?.from === 'start' && before?.from === 'start') {
          expect.soft(step.due.days, `${key} → ${step.key}`).toBeGreaterThanOrEqual(before.days);
        }
      }
    }
  });

  it('that could not be run are refused where they are written', () => {
    const cycle = { name: 'Cycle', steps: [{ key: 'a', title: 'A', dependsOn: ['a'] }] };
    expect(() => published('tp_cycle', cycle)).toThrow('Template tp_cycle: a "A" depends on itself.');
  });
});

describe('the marketplace', () => {
  it('has at least ten templates', () => {
    expect(publicTemplates.length).toBeGreaterThanOrEqual(10);
    for (const { id } of publicTemplates) expect(id).toMatch(/^tp_public_[a-z-]+$/);
  });

  it('has a name that contains "Client Onboarding" and is another', () => {
    expect(names([...publicTemplates]).filter((n) => n.includes('client onboarding'))).toEqual([
      'client onboarding (light)',
    ]);
  });
});

it('all that a template can say is said by one in the marketplace, and by Client Onboarding', () => {
  for (const templates of [publicTemplates, [acmeClientOnboarding]]) {
    const steps = templates.flatMap((t) => t.template.steps);
    expect(steps.some((s) => s.condition !== null)).toBe(true);
    expect(steps.some((s) => s.due?.unit === 'business')).toBe(true);
    expect(steps.some((s) => s.due?.from === 'answer')).toBe(true);
    expect(steps.some((s) => s.fields.some((f) => f.type === 'file'))).toBe(true);
    expect(steps.some((s) => s.assignee.kind === 'role' && s.assignee.role === 'account manager')).toBe(true);
    expect(steps.some((s) => s.assignee.kind === 'client' && s.assignee.role === 'client signatory')).toBe(true);
  }
});

describe("Acme's Client Onboarding", () => {
  const { name, steps } = acmeClientOnboarding.template;

  it('can begin with the contract draft, by whoever makes the flow', () => {
    expect(name).toBe('Client Onboarding');
    const drafts = steps.filter((s) => s.title === 'Send contract draft');
    expect(drafts).toMatchObject([{ type: 'TASK', dependsOn: [], assignee: { kind: 'starter' } }]);
  });

  it('has twelve steps or more, three forms for the client and two approvals', () => {
    expect(steps.length).toBeGreaterThanOrEqual(12);
    expect(steps.filter((s) => s.type === 'FORM').map((s) => s.assignee.kind)).toEqual(['client', 'client', 'client']);
    expect(steps.filter((s) => s.type === 'APPROVAL').map((s) => s.title)).toEqual([
      'Approve brand guide',
      'Approve launch plan',
    ]);
    expect(steps.find((s) => s.title === 'Sign the contract')?.assignee.kind).toBe('client');
  });

  it('is another one at Globex', () => {
    const other = globexClientOnboarding.template;
    expect(other.name).toBe(name);
    expect(other.steps.map((s) => s.title)).not.toContain('Send contract draft');
  });
});
