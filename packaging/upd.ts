/**
 * Builds the .upd that brings this UVS to nodes, with the coordinator and the command lines beside the agent, into dist/releases.
 *
 *   KEY=FILE RELEASE_SEQ=N [ARCH=arm64] [PRODUCT=uvs] [RECIPIENT=age1…] [LEVEL=N] node packaging/upd.ts [FOLDER]
 *
 * The key is one of those that the cluster's root file names for the product, the number higher than that of the product's last
 * release there; with a recipient it is encrypted for that cluster.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { companions, layAgentRelease } from './packages/agent.ts';
import { building, Mistake } from './packages/mistake.ts';
import { chosenArchitecture, type Architecture } from './packages/runtime.ts';
import { productVersion, project } from './packages/sources.ts';
import { settleTree } from './packages/tree.ts';

await building(() => {
  const { KEY, RELEASE_SEQ, PRODUCT = 'uvs', RECIPIENT = '', LEVEL = '9' } = process.env;
  if (KEY === undefined || KEY === '')
    throw new Mistake('Name the private key that signs: KEY=vendor.key (`upd keygen vendor` makes one).');
  if (RELEASE_SEQ === undefined || !/^[1-9]\d{0,15}$/u.test(RELEASE_SEQ))
    throw new Mistake("Name the release's number, which is higher than that of the product's last release: RELEASE_SEQ=17.");
  if (!/^[a-z][a-z0-9-]{0,63}$/u.test(PRODUCT)) throw new Mistake(`${PRODUCT} can be the name of no product.`);

  const architecture = chosenArchitecture(process.env);
  const folder = resolve(process.argv[2] ?? join(project, 'dist/releases'));
  const out = join(folder, `${PRODUCT}_${productVersion}-${RELEASE_SEQ}_${architecture}.upd`);
  // nodes that have it would take no other build for the same release
  if (existsSync(out)) throw new Mistake(`${out} is there already: take it, or another number.`);
  mkdirSync(folder, { recursive: true });
  const working = mkdtempSync(join(folder, '.upd-'));
  try {
    layAgentRelease(join(working, 'tree'), architecture, companions);
    settleTree(join(working, 'tree'));
    writeFileSync(join(working, 'uvs.toml'), specOf(PRODUCT, RELEASE_SEQ, architecture));
    const args = ['build', join(working, 'uvs.toml'), '--level', LEVEL, '--key', resolve(KEY), '--out', out];
    if (RECIPIENT !== '') args.push('--recipient', RECIPIENT);
    const env = { ...process.env, UVS_NODE: process.execPath };
    // what is wrong with the key it says itself
    const { status, error } = spawnSync(join(project, 'dist/uvs/bin/upd'), args, { env, stdio: 'inherit' });
    if (error !== undefined) throw error;
    process.exitCode = status ?? 1;
  } finally {
    rmSync(working, { recursive: true, force: true });
  }
});

function specOf(name: string, releaseSeq: string, architecture: Architecture): string {
  return `product = "${name}"
version = "${productVersion}"
releaseSeq = ${releaseSeq}

[target]
archs = ["${architecture}"]

[brings]
uvs = "${productVersion}"

[[trees]]
source = "tree"
destination = "/"
`;
}
