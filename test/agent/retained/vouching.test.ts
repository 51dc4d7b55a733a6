import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readIndex, type RetainedEntry } from '../../../agent/retained/index-file.ts';
import { Vouching } from '../../../agent/retained/vouching.ts';
import { openStateDirectory, type StateDirectory } from '../../../agent/state-directory.ts';
import { generateSigningKey } from '../../../common/upd/keys.ts';
import { parseRoot, type TrustedRoot } from '../../../common/upd/root.ts';
import { install } from '../../support/install.ts';
import { memoryNode } from '../../support/memory-node.ts';
import { rootOf } from '../../support/upd.ts';
import { file, type TestNode } from '../../support/update-node.ts';

const stranger = generateSigningKey();
const anew = rootOf({
  version: 2,
  root: { keys: [stranger], threshold: 1 },
  vendor: { keys: [stranger], threshold: 1, products: ['uvs'] },
});

/** A node that could take back its second release, and what it knows of it. */
async function scene(t: Test): Promise<{ node: TestNode; state: StateDirectory; entry: RetainedEntry; given: TrustedRoot }> {
  const node = memoryNode();
  t.teardown(() => node[Symbol.dispose]());
  for (const [seq, name] of [
    [1, 'one'],
    [2, 'two'],
  ] as const) {
    await node.build(name, { seq, files: [file('opt/a', name)] });
    await install(node, name);
  }
  const state = await openStateDirectory(node.statePath);
  const [entry] = (await readIndex(state)).retained;
  if (entry === undefined) throw new Error('nothing is retained');
  return { node, state, entry, given: parseRoot(readFileSync(node.rootFile)) };
}

void t.test('a way back is vouched for until a root file comes that does not know its keys, and again under one that does', async (t) => {
  const { state, entry, given } = await scene(t);
  let root = given;
  const vouching = new Vouching(state, () => Promise.resolve(root));
  t.equal(await vouching.refusal(entry), undefined);
  root = anew;
  t.match(await vouching.refusal(entry), /^nobody vouches any more for 2\.14\.1, .* root file version 2 does not know$/);
  root = given;
  t.equal(await vouching.refusal(entry), undefined);
});

void t.test('what a root file says of a way back is found out once', async (t) => {
  const { state, entry, given } = await scene(t);
  for (const root of [given, anew]) {
    const vouching = new Vouching(state, () => Promise.resolve(root));
    const first = await vouching.refusal(entry);
    const away = `${state.releasesPath}.away`;
    renameSync(state.releasesPath, away);
    t.equal(await vouching.refusal(entry), first, 'nothing is read for the next report');
    renameSync(away, state.releasesPath);
  }
});

void t.test('what is damaged is refused, and taken again once it is mended', async (t) => {
  const { state, entry, given } = await scene(t);
  const vouching = new Vouching(state, () => Promise.resolve(given));
  const hash = entry.needs[0] ?? '';
  for (const [name, damage, why] of [
    [hash, (path: string) => writeFileSync(path, 'x'), /the stored manifest .* is damaged$/],
    [hash, (path: string) => rmSync(path), /the stored manifest .* is missing$/],
    [`${hash}.signatures`, (path: string) => rmSync(path), /^the signatures of 2\.14\.1 were not kept/],
    [`${hash}.signatures`, (path: string) => writeFileSync(path, 'x'), /^nobody vouches any more for 2\.14\.1, .* list of signatures/],
  ] as const) {
    const path = join(state.releasesPath, name);
    const bytes = readFileSync(path);
    damage(path);
    const other = new Vouching(state, () => Promise.resolve(given));
    t.match(await other.refusal(entry), why, name);
    writeFileSync(path, bytes);
    t.equal(await other.refusal(entry), undefined, name);
  }
  const [record] = readdirSync(state.retainedPath).filter((name) => name !== 'index.json');
  writeFileSync(join(state.retainedPath, record ?? ''), '{}');
  t.equal(await vouching.refusal(entry), 'the record of what was before 2.14.2 is damaged');
});

void t.test('without a root file that can be read nobody vouches, and the report is made all the same', async (t) => {
  const { state, entry } = await scene(t);
  t.equal(await new Vouching(state, () => Promise.reject(new Error('EIO: no luck'))).refusal(entry), 'EIO: no luck');
});
