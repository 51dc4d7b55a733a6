import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Ended } from '../../agent/ports.ts';
import { soundChain } from './attacks/roots.ts';
import { byReason, corpus } from './corpus.ts';
import { changed, forge, soundFile, type Attack, type Forgery, type Json } from './forge.ts';
import { makeKit } from './kit.ts';
import { Victim } from './node.ts';

t.setTimeout(300_000);
const kit = await makeKit();

/** What is wrong with how a package was refused; undefined: nothing. */
function complaint(victim: Victim, { reason }: Attack, { outcome, message }: Ended): string | undefined {
  if (outcome !== 'failed' || !message.startsWith(`${reason}: `)) return `${outcome}: ${message}, expected ${reason}`;
  // a wrong content may be found when it is read back, which comes before the slot is asked for
  return victim.passed.includes('staged-proven') ? 'it was taken for what was signed' : undefined;
}

void t.test('every bad package is refused for its reason before anything outside of the staging area changes', async (t) => {
  using victim = new Victim(kit);
  t.equal((await victim.installBaseline()).outcome, 'installed');
  const before = victim.state();
  const reasons: string[] = [];
  await using runner = await victim.open();
  for (const [index, attack] of corpus.entries()) {
    victim.put(await attack.make(kit));
    const wrong = complaint(victim, attack, await victim.offer(runner, `op-${index}`));
    if (wrong === undefined) reasons.push(attack.reason);
    else t.fail(`${attack.name}: ${wrong}`);
    const after = victim.state();
    if (after.join('\n') !== before.join('\n')) t.strictSame(after, before, attack.name);
  }
  t.comment(`bad packages ${corpus.length}, refused ${reasons.length}: ${byReason(reasons)}`);
  t.equal(new Set(corpus.map(({ name }) => name)).size, corpus.length, 'each attack has a name of its own');
  t.equal(reasons.length, corpus.length);
});

void t.test('one of each reason is refused at the console as well', async (t) => {
  using victim = new Victim(kit);
  await victim.installBaseline();
  const before = victim.state();
  for (const reason of new Set(corpus.map((attack) => attack.reason))) {
    const attack = corpus.findLast((one) => one.reason === reason);
    if (attack === undefined) continue;
    victim.put(await attack.make(kit));
    t.equal(complaint(victim, attack, await victim.apply()), undefined, attack.name);
    t.strictSame(victim.state(), before, attack.name);
  }
});

void t.test('a release that says it needs absurdly much space is refused with what it says and what is free', async (t) => {
  using victim = new Victim(kit);
  await victim.installBaseline();
  victim.put(await forge(kit, changed({ spaceBytes: 2 ** 50 })));
  t.match(await victim.apply(), {
    outcome: 'failed',
    message: /^NO_SPACE: the release says that it needs 1073741824\.0 MiB, and \d+\.\d MiB are free where it goes/,
  });
});

void t.test(
  'what is setuid or setgid is installed as such where the manifest declares it, and a directory need not be declared',
  async (t) => {
    using victim = new Victim(kit);
    await victim.installBaseline();
    const programs = { 'usr/bin/ping': 0o4755, 'usr/bin/wall': 0o2755 };
    const shared: Json = { path: 'srv/shared', op: 'put', type: 'directory', mode: 0o2775, uid: 0, gid: 0, xattrs: {} };
    const files: readonly Json[] = [shared, ...Object.entries(programs).map(([path, mode]) => ({ ...soundFile, path, mode }))];
    victim.put(await forge(kit, changed({ files, tasks: [], privileged: Object.keys(programs) })));
    t.match(await victim.apply(), { outcome: 'installed' });
    for (const [path, mode] of Object.entries({ ...programs, 'srv/shared': 0o2775 }))
      t.equal(statSync(join(victim.node.root, path)).mode & 0o7777, mode, path);
  },
);

void t.test('what the attacks change is sound where they leave it alone', async (t) => {
  const sound: Readonly<Record<string, Forgery>> = {
    plain: {},
    encrypted: { encryptedFor: 'us' },
    'signed by all three keys': { keys: ({ vendor }) => vendor },
    'signed by strangers as well': { keys: ({ vendor, stranger, withdrawn }) => [...vendor, stranger, withdrawn] },
    'with root files from an older one to a newer one': soundChain,
  };
  for (const [name, forgery] of Object.entries(sound)) {
    using victim = new Victim(kit);
    await victim.installBaseline();
    victim.put(await forge(kit, { ...forgery, manifest: (manifest) => ({ ...manifest, tasks: [] }) }));
    t.match(await victim.apply(), { outcome: 'installed' }, name);
    victim.put(await forge(kit, { ...forgery, manifest: (manifest) => ({ ...manifest, tasks: [] }) }));
    t.match(await victim.apply(), { outcome: 'failed', message: /^RELEASE_(NOT_NEWER|CONTENT_CHANGED): / }, `${name}, again`);
  }
});
