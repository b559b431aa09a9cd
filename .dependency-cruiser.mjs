/**
 * The rooms of the house, and which doors are open. Each room names the rooms it may import from;
 * everything else is refused, so a new door is a change here and an argument in its commit.
 * Files directly in src/ (server, worker, dev, cli) are composition roots and may import any room.
 */
const rooms = {
  domain: [],
  platform: [],
  workflows: ['domain'],
  db: ['domain', 'platform'],
  activities: ['domain', 'db', 'platform', 'workflows/contract'],
  oauth: ['db', 'domain', 'platform', 'web/kit'],
  operations: ['domain', 'db', 'platform', 'oauth/principal', 'workflows/contract'],
  mcp: ['operations', 'oauth', 'platform'],
  api: ['operations', 'oauth', 'platform', 'web/kit'],
  web: ['operations', 'oauth', 'platform', 'domain'],
  cli: ['operations', 'oauth', 'db', 'domain', 'platform', 'workflows/contract'],
  demo: ['operations', 'domain', 'db', 'oauth', 'platform'],
};

const door = (name) => (name.includes('/') ? `^src/${name}(\\.ts|/)` : `^src/${name}/`);

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(rooms).map(([room, open]) => ({
      name: `${room}-imports`,
      comment: `src/${room} may import only: ${open.join(', ') || 'nothing of the project'}`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: '\\.test\\.tsx?$' },
      to: { path: '^src/', pathNot: [`^src/${room}/`, ...open.map(door)] },
    })),
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'], pathNot: '^node_modules/zod' },
    },
    {
      name: 'workflows-are-deterministic',
      severity: 'error',
      from: { path: '^src/workflows/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'], pathNot: '^node_modules/@temporalio/(workflow|common)' },
    },
    {
      name: 'no-test-code',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '(^test/|\\.test\\.tsx?$)' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
