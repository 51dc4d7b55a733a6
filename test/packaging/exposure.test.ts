import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const unit = path('../../systemd/uvs-agent.service');
const page = readFileSync(path('../../docs/nodes.md'), 'utf8');
const section = /^## What the agent may do$(.*?)^## /msu.exec(page)?.[1] ?? '';
/** What the first column of the table names, as "Setting=" or "CAP_NAME". */
const named = new Set(
  [...section.matchAll(/^\|([^|]*)\|/gmu)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(CAP_[A-Z_*]+|[A-Za-z]+=)/gu)].map(([, name = '']) => name),
  ),
);

/** "CapabilityBoundingSet=~CAP_SET(UID|GID)" names two capabilities, "User=/DynamicUser=" two settings. */
function namesIn(told: string): readonly string[] {
  const [, capability = ''] = /^CapabilityBoundingSet=~(.*)$/u.exec(told) ?? [];
  const [, begin = '', ends = ''] = /^(CAP_[A-Z_]*)\((.*)\)$/u.exec(capability) ?? [];
  if (ends !== '') return ends.split('|').map((end) => `${begin}${end}`);
  return capability === '' ? told.split('/').map((name) => name.replace(/=.*$/u, '=')) : [capability];
}

void t.test('each setting that systemd misses in the unit of the agent is named, with the reason', async (t) => {
  const args = ['security', '--offline=true', '--no-pager', unit];
  const printed = execFileSync('systemd-analyze', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  const missed = [...printed.matchAll(/^- (\S+)/gmu)].flatMap(([, told = '']) => namesIn(told));
  t.ok(missed.length > 60 && missed.includes('CAP_SETGID') && missed.includes('CAP_SYS_RAWIO'), `${missed.length} settings`);
  t.strictSame(
    missed.filter((name) => !named.has(name)),
    [],
  );
});

void t.test('none that the page says is not made is made', async (t) => {
  const lines = readFileSync(unit, 'utf8').split('\n');
  const made = lines.filter((line) => [...named].some((name) => name.endsWith('=') && line.startsWith(name)));
  t.strictSame(made, ['NotifyAccess=all'], 'the page names what it would be otherwise');
});
