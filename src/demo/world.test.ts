import { describe, expect, it } from 'vitest';
import type { Actor } from '../domain/actor.ts';
import type { Command } from '../domain/command.ts';
import { createFlow } from '../domain/create.ts';
import { dayMs, endOfDay } from '../domain/dates.ts';
import { decide } from '../domain/decide.ts';
import { type Flow, flowStatuses, invitationStatuses, isOverdue, progress, taskStatuses } from '../domain/flow.ts';
import { forecast } from '../domain/forecast.ts';
import { readTemplate } from '../domain/read-template.ts';
import { withClients } from '../domain/roles.ts';
import { playEarlier } from './earlier.ts';
import { demoPassword, demoUsers } from './people.ts';
import { answersOn, type DemoFlow, dayFrom, type Email, type ScriptStep } from './script.ts';
import { acmeClientOnboarding } from './templates/acme.ts';
import { publicTemplates } from './templates/public.ts';
import { type DemoOrg, demoOrgs } from './world.ts';

/** A Wednesday noon; the world must look alike on any day, and the last test says so. */
const noon = Date.parse('2026-03-11T12:00:00Z');

function member(org: DemoOrg, email: Email): Extract<Actor, { kind: 'member' }> | null {
  const found = org.members.find((m) => m.user.email === email);
  return found ? { kind: 'member', id: found.user.id, name: found.user.name, role: found.role, through: 'web' } : null;
}

function actor(org: DemoOrg, flow: Flow, email: Email): Actor {
  const found = member(org, email);
  if (found) return found;
  const external = flow.externals.find((e) => e.email === email);
  if (!external) throw new Error(`${email} is neither a member of ${org.name} nor invited to ${flow.name} yet.`);
  return { kind: 'external', id: external.id, name: external.name, through: 'portal' };
}

function commandOf(org: DemoOrg, flow: Flow, step: ScriptStep, now: number): Command {
  const taskId = (key: string): string => {
    const task = flow.tasks.find((t) => t.key === key);
    if (!task) throw new Error(`${flow.name} has no step "${key}".`);
    return task.id;
  };
  switch (step.do) {
    case 'start':
      return { type: 'start', startDate: Date.parse(dayFrom(now, -step.daysAgo)) };
    case 'pause':
      return { type: 'pause' };
    case 'cancel':
      return { type: 'cancel', reason: step.reason };
    case 'invite':
      return {
        type: 'invite',
        people: [{ externalId: `ex_${step.email}`, email: step.email, name: step.name, role: step.role }],
      };
    case 'accept_invitation':
      return { type: 'accept_invitation', externalId: `ex_${step.by}` };
    case 'assign': {
      const to = member(org, step.to);
      if (!to) throw new Error(`${step.to} is no member of ${org.name}.`);
      return { type: 'assign', taskId: taskId(step.task), assignee: { kind: 'member', id: to.id, name: to.name } };
    }
    case 'complete':
      return {
        type: 'complete',
        taskId: taskId(step.task),
        answers: step.answers ? answersOn(now, step.answers) : null,
        comment: step.comment ?? '',
      };
    case 'approve':
      return { type: 'approve', taskId: taskId(step.task), comment: step.comment ?? '' };
    case 'reject':
    case 'skip':
      return { type: step.do, taskId: taskId(step.task), reason: step.reason };
    case 'comment':
      return { type: 'comment', taskId: taskId(step.task), text: step.text };
  }
}

function play(org: DemoOrg, script: DemoFlow, now: number): Flow {
  const found = [...org.templates, ...publicTemplates].find((t) => t.id === script.template);
  const by = member(org, script.by);
  if (!found || !by) throw new Error(`${org.name} has no template ${script.template}, or no member ${script.by}.`);
  const { name, steps } = found.template;
  let flow = createFlow({
    id: `fl_${script.key}`,
    orgId: org.id,
    name: script.name,
    template: { id: found.id, name, version: 1 },
    steps,
    timeZone: 'UTC',
    by,
    at: now,
    memberFor: (hint) => {
      const who = hint.kind === 'role' ? script.roles?.[hint.role] : undefined;
      return typeof who === 'string' ? member(org, who) : null;
    },
    taskId: (key) => `tk_${key}`,
  });
  const clients = Object.entries(script.roles ?? {}).flatMap(([role, who]) =>
    typeof who === 'string' ? [] : [{ role, person: { externalId: `ex_${who.email}`, ...who, role } }],
  );
  const joined = withClients(flow, clients, by, now);
  if (!joined.ok) throw new Error(`${flow.name}: ${joined.refusal.message}`);
  flow = joined.flow;
  for (const step of script.steps) {
    const decision = decide(flow, commandOf(org, flow, step, now), actor(org, flow, step.by), now);
    if (!decision.ok) throw new Error(`${flow.name}, ${step.by} ${step.do}: ${decision.refusal.message}`);
    flow = decision.flow;
  }
  return flow;
}

const playAll = (now: number) => demoOrgs.flatMap((org) => org.flows.map((script) => play(org, script, now)));

const summary = (flow: Flow, now: number) =>
  [
    flow.orgId,
    flow.name,
    flow.status,
    `${progress(flow).percent}%`,
    ...flow.tasks.filter((t) => isOverdue(flow, t, now)).map((t) => `late: ${t.key}`),
    ...flow.tasks
      .filter((t) => t.status === 'READY' && flow.status === 'ACTIVE' && t.dueAt === endOfDay(now))
      .map((t) => `today: ${t.key}`),
    ...flow.tasks
      .filter((t) => t.status === 'READY' && flow.status === 'ACTIVE' && t.dueAt === endOfDay(now, 1))
      .map((t) => `tomorrow: ${t.key}`),
  ].join(' · ');

const expected = [
  'org_demo_acme · Northwind · ACTIVE · 80% · today: approve-launch-plan',
  'org_demo_acme · Harbor & Pine · ACTIVE · 18% · late: sign-contract',
  'org_demo_acme · Juniper Dental · ACTIVE · 53% · late: audit-channels · late: draft-brand-guide',
  'org_demo_acme · Lumen Bikes content · ACTIVE · 55% · late: approve-content',
  'org_demo_acme · Fernhill School website · ACTIVE · 50% · late: deliver-texts · tomorrow: write-redirects · tomorrow: legal-check',
  'org_demo_acme · Kestrel Energy · DRAFT · 0%',
  'org_demo_acme · Osteria Bianca website · PAUSED · 21%',
  'org_demo_acme · Brightwater Spa offboarding · COMPLETED · 100%',
  'org_demo_acme · Tessera Tiles · CANCELLED · 99%',
  'org_demo_acme · Postbird newsletter tool · ACTIVE · 9% · today: rate-risk',
  'org_demo_globex · Northwind · ACTIVE · 9% · late: archive · late: write-script',
  'org_demo_globex · Riverside Hotel · ACTIVE · 50% · late: pay-deposit · today: approve-treatment',
  'org_demo_globex · Atlas Outdoor catalogue · DRAFT · 0%',
];

describe('the demo flows, played by the rules', () => {
  const flows = playAll(noon);
  const tasks = flows.flatMap((f) => f.tasks);

  it('stand as intended: late, due today and due tomorrow', () => {
    expect(flows.map((f) => summary(f, noon))).toEqual(expected);
  });

  it('show every status of a flow and of a task, and rework', () => {
    expect(new Set(flows.map((f) => f.status))).toEqual(new Set(flowStatuses));
    expect(new Set(tasks.map((t) => t.status))).toEqual(new Set(taskStatuses));
    const invitations = new Set(flows.flatMap((f) => f.externals.map((e) => e.invitation)));
    expect(invitations).toEqual(new Set(invitationStatuses.filter((s) => s !== 'REVOKED')));
    expect(tasks.filter((t) => t.round > 1 && t.status === 'COMPLETED').map((t) => t.title)).toContain(
      'Approve brand guide',
    );
    expect(tasks.flatMap((t) => t.comments).length).toBeGreaterThanOrEqual(20);
  });

  it('look alike whatever the hour and the season', () => {
    for (const now of ['2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00Z', '2028-02-29T06:30:00Z'].map(Date.parse)) {
      expect(playAll(now).map((f) => summary(f, now))).toEqual(expected);
    }
  });

  it('leave room for Acme Corp, and are found by name', () => {
    for (const org of demoOrgs) {
      expect(new Set(org.flows.map((f) => f.name.toLowerCase())).size).toBe(org.flows.length);
      expect(new Set(org.flows.map((f) => f.key)).size).toBe(org.flows.length);
    }
    expect(flows.filter((f) => /acme/i.test(f.name))).toEqual([]);
  });

  it('write to nobody real', () => {
    const addresses = [...demoUsers.map((u) => u.email), ...flows.flatMap((f) => f.externals.map((e) => e.email))];
    expect(addresses.filter((a) => !/@([a-z-]+\.)+test$/.test(a))).toEqual([]);
  });

  it('start at most two months back, so that reminders stay few', () => {
    const starts = flows.flatMap((f) => (f.startDate === null ? [] : [f.startDate]));
    expect(Math.min(...starts)).toBeGreaterThan(noon - 60 * dayMs);
  });
});

describe('the flows that ran before', () => {
  const acme = demoOrgs.flatMap((org) => org.earlier.map((script) => ({ org, script })));
  const play = (now: number) =>
    acme.map(({ org, script }) => {
      const template = org.templates.find((t) => t.id === script.template);
      if (!template) throw new Error(`${org.name} has no template ${script.template}.`);
      return playEarlier(script, {
        flowId: script.key,
        orgId: org.id,
        template,
        taskId: (key) => key,
        member: (email) => {
          const found = member(org, email);
          if (!found) throw new Error(`${email} is no member of ${org.name}.`);
          return found;
        },
        invitee: (c) => ({ externalId: `ex_${c.email}`, ...c }),
        now,
      });
    });

  it('ended before today, in as many days as they say, and send no mail', () => {
    for (const flow of play(noon)) {
      expect(flow).toMatchObject({ status: 'COMPLETED', outbox: [] });
      expect(flow.finishedAt).toBeLessThan(noon - dayMs);
      expect(flow.tasks.find((t) => t.key === 'sign-mandate')).toMatchObject({ skippedBy: 'condition' });
    }
  });

  it('are enough for a forecast of every step that runs again, and give one', () => {
    const byStep = new Map<string, number[]>();
    for (const t of play(noon).flatMap((f) => f.tasks)) {
      if (t.status !== 'COMPLETED' || t.doneAt === null || t.readyAt === null) continue;
      byStep.set(t.key, [...(byStep.get(t.key) ?? []), t.doneAt - t.readyAt]);
    }
    const steps = acmeClientOnboarding.template.steps.filter((s) => s.condition === null);
    expect(steps.filter((s) => (byStep.get(s.key)?.length ?? 0) < 3).map((s) => s.key)).toEqual([]);
    const harbor = playAll(noon).find((f) => f.name === 'Harbor & Pine');
    if (!harbor) throw new Error('Harbor & Pine is missing.');
    const told = forecast(harbor, { byStep, byType: new Map() }, noon);
    expect(told?.likely).toBeGreaterThan(noon + 10 * dayMs);
    expect(told?.likely).toBeLessThan(noon + 50 * dayMs);
    expect(told?.late).toBeGreaterThan(told?.likely ?? 0);
  });
});

describe('the demo orgs', () => {
  it('are the two that are promised, with Olivia in both', () => {
    const told = demoOrgs.map((o) => [o.slug, o.name, ...o.members.map((m) => `${m.user.email} ${m.role}`)]);
    expect(told).toEqual([
      ['acme-agency', 'Acme Agency', 'olivia@acme.test OWNER', 'adam@acme.test ADMIN', 'mia@acme.test MEMBER'],
      ['globex-studio', 'Globex Studio', 'gus@globex.test OWNER', 'olivia@acme.test ADMIN'],
    ]);
    expect(demoPassword).toBe('booflow-demo');
  });

  it('have templates that read again as they were written', () => {
    for (const { template } of [...publicTemplates, ...demoOrgs.flatMap((o) => o.templates)]) {
      expect(readTemplate(JSON.parse(JSON.stringify(template)))).toEqual({ ok: true, template });
    }
  });
});
