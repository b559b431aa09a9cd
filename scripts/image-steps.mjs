/**
 * `npm run image-steps`: follows the Dockerfile in a clean folder, without Docker, and starts each of the image's three
 * programs as production: all of their code must load, and what they say then is what is not configured.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fail, root, say } from './lib/setup.mjs';

const context = mkdtempSync(join(tmpdir(), 'booflow-image-'));
const stages = new Map();
let stage = '';
const place = (path) => join(context, stage, path);

/** Only what git has, so that nothing of this checkout's own gets in. */
const files = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .stdout.split('\n')
  .filter((file) => file !== '' && !/\.test\.tsx?$/.test(file));

function copy(args) {
  const from = /^--from=(\S+)\s+/.exec(args);
  const [target, ...sources] = args
    .slice(from?.[0].length ?? 0)
    .trim()
    .split(/\s+/)
    .reverse();
  for (const source of sources.reverse()) {
    const goal = target.endsWith('/') ? join(place('app'), target, basename(source)) : join(place('app'), target);
    if (from) cpSync(join(context, stages.get(from[1]), source), goal, { recursive: true });
    else {
      const wanted = files.filter((file) => file === source || file.startsWith(`${source}/`));
      if (wanted.length === 0) fail(`The Dockerfile copies ${source}, which is not there.`);
      for (const file of wanted)
        cpSync(join(root, file), file === source ? goal : join(goal, file.slice(source.length)));
    }
  }
}

try {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
  for (const line of text.split('\n').filter((each) => each.trim() && !each.startsWith('#'))) {
    const [, word, args] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (word === 'FROM') {
      stage = `stage-${stages.size}`;
      stages.set(/ AS (\S+)$/i.exec(args)?.[1], stage);
      mkdirSync(place('app'), { recursive: true });
    } else if (word === 'COPY') copy(args);
    else if (word === 'RUN') {
      say(args);
      const { status } = spawnSync('sh', ['-ec', args], { cwd: place('app'), stdio: ['ignore', 2, 2] });
      if (status !== 0) fail(`This step of the Dockerfile failed: ${args}`);
    } else if (!['ENV', 'WORKDIR', 'USER', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK', 'CMD'].includes(word)) {
      fail(`The Dockerfile has a step that is not known here: ${line}`);
    }
  }
  if (existsSync(place('app/node_modules/vitest'))) fail('What only development needs is in the image.');
  const bundles = readdirSync(place('app/dist/workflows'));
  if (bundles.length !== 2) fail(`The workers would find these bundles: ${bundles}`);
  for (const program of ['server', 'worker', 'migrate']) {
    const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', 'tsx', `src/${program}.ts`], {
      cwd: place('app'),
      encoding: 'utf8',
      env: { PATH: process.env.PATH, NODE_ENV: 'production' },
      timeout: 120_000,
    });
    if (status !== 1 || !stderr.includes('DATABASE_URL is required in production')) {
      fail(`src/${program}.ts did not come so far as to miss its configuration (${status}):\n${stdout}${stderr}`);
    }
    say(`src/${program}.ts loads, and says what is not configured`);
  }
} finally {
  rmSync(context, { recursive: true, force: true });
}
