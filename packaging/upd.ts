/**
 * Builds the .upd that brings this UVS to nodes, with the coordinator and the command lines beside the agent, into dist/packages.
 *
 *   KEY=FILE RELEASE_SEQ=N [ARCH=arm64] [PRODUCT=uvs] [RECIPIENT=age1…] [LEVEL=N] node packaging/upd.ts [FOLDER]
 *
 * The key is one of those that the cluster's root file names for the product, the number higher than that of the product's last
 * release there; with a recipient it is encrypted for that cluster.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { companions, layAgentRelease } from './packages/agent.ts';
import { chosenArchitecture } from './packages/runtime.ts';
import { productVersion, project } from './packages/sources.ts';
import { settleTree } from './packages/tree.ts';

const { KEY, RELEASE_SEQ, PRODUCT = 'uvs', RECIPIENT, LEVEL = '9' } = process.env;
if (KEY === undefined || KEY === '') throw new Error('name the private key that signs: KEY=vendor.key (`upd keygen vendor` makes one)');
if (RELEASE_SEQ === undefined || !/^[1-9]\d{0,15}$/u.test(RELEASE_SEQ))
  throw new Error("name the release's number, higher than that of the last release of the product: RELEASE_SEQ=17");
if (!/^[a-z][a-z0-9-]{0,63}$/u.test(PRODUCT)) throw new Error(`${PRODUCT} is not the name of a product`);

const architecture = chosenArchitecture(process.env);
const folder = resolve(process.argv[2] ?? join(project, 'dist/packages'));
mkdirSync(folder, { recursive: true });
const working = mkdtempSync(join(folder, '.upd-'));
try {
  layAgentRelease(join(working, 'tree'), architecture, companions);
  settleTree(join(working, 'tree'));
  const spec = `product = "${PRODUCT}"
version = "${productVersion}"
releaseSeq = ${RELEASE_SEQ}

[target]
archs = ["${architecture}"]

[[trees]]
source = "tree"
destination = "/"
`;
  writeFileSync(join(working, 'uvs.toml'), spec);
  const out = join(folder, `${PRODUCT}_${productVersion}_${architecture}.upd`);
  rmSync(out, { force: true });
  const args = ['build', join(working, 'uvs.toml'), '--level', LEVEL, '--key', resolve(KEY), '--out', out];
  if (RECIPIENT !== undefined && RECIPIENT !== '') args.push('--recipient', RECIPIENT);
  execFileSync(join(project, 'dist/uvs/bin/upd'), args, { env: { ...process.env, UVS_NODE: process.execPath }, stdio: 'inherit' });
} finally {
  rmSync(working, { recursive: true, force: true });
}
