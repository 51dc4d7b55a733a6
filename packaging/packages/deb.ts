import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FIRST_SPLIT, PACKAGE_REVISION, type PackageDefinition } from './definitions.ts';
import { scriptsOf } from './scripts.ts';
import { MAINTAINER, SOURCE_DATE_EPOCH } from './sources.ts';
import { entriesOf, settleTree } from './tree.ts';

const BUILD_MS = 900_000;

/** Builds NAME_VERSION_ARCHITECTURE.deb of a tree, to which what only this format has is added. Returns the path. */
export function buildDeb(definition: PackageDefinition, tree: string, out: string, compression: 'fast' | 'small'): string {
  const { name, version, architecture } = definition;
  const full = `${version}-${PACKAGE_REVISION}`;
  const doc = join(tree, 'usr/share/doc', name);
  mkdirSync(doc, { recursive: true });
  writeFileSync(join(doc, 'changelog.Debian.gz'), gzipSync(changelog(name, full), { level: 9 }));
  layOverrides(definition, tree);
  const entries = entriesOf(tree);
  const files = entries.filter(({ type }) => type === 'file');

  const control = join(tree, 'DEBIAN');
  mkdirSync(control);
  writeFileSync(join(control, 'control'), controlOf(definition, full, files));
  writeFileSync(join(control, 'md5sums'), files.map(({ path }) => `${md5(join(tree, path))}  ${path}\n`).join(''));
  const scripts = scriptsOf(name, 'deb');
  for (const [script, text] of scripts) writeFileSync(join(control, script), `#!/bin/sh\n${text}`);
  settleTree(tree);
  for (const script of scripts.keys()) chmodSync(join(control, script), 0o755);

  const path = join(out, `${name}_${full}_${architecture}.deb`);
  // one thread: what several make of it depends on how many there were
  const options = compression === 'fast' ? ['-Zgzip', '-z1'] : ['-Zxz', '--threads-max=1'];
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH) };
  execFileSync('dpkg-deb', ['--root-owner-group', ...options, '--build', tree, path], {
    env,
    timeout: BUILD_MS,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return path;
}

function controlOf(definition: PackageDefinition, version: string, files: readonly { readonly sizeBytes: number }[]): string {
  const { name, architecture, summary, description, needs, suggests, isTransitional } = definition;
  const kibibytes = files.reduce((sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / 1024), 0);
  const list = (field: string, values: readonly string[]): readonly string[] =>
    values.length === 0 ? [] : [`${field}: ${values.join(', ')}`];
  // its files go over to the packages that it was split into; unlike a conflict that leaves units enabled
  const old = isTransitional === true ? [] : [`Breaks: uvs (<< ${FIRST_SPLIT})`, `Replaces: uvs (<< ${FIRST_SPLIT})`];
  const lines = [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${MAINTAINER}`,
    `Section: ${isTransitional === true ? 'oldlibs' : 'admin'}`,
    `Priority: optional`,
    ...list('Depends', needs.deb),
    ...list('Suggests', suggests.deb),
    ...old,
    `Installed-Size: ${kibibytes}`,
    `Description: ${summary}`,
    ...description.map((line) => ` ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

function changelog(name: string, version: string): string {
  const date = new Date(SOURCE_DATE_EPOCH * 1000).toUTCString().replace('GMT', '+0000');
  return `${name} (${version}) unstable; urgency=medium\n\n  * What has changed is told in CHANGELOG.md, in the package uvs-cli.\n\n -- ${MAINTAINER}  ${date}\n`;
}

function layOverrides({ name, answered }: PackageDefinition, tree: string): void {
  if (answered.length === 0) return;
  const directory = join(tree, 'usr/share/lintian/overrides');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), answered.map(([tag, why]) => `# ${why}\n${name}: ${tag}\n`).join(''));
}

function md5(path: string): string {
  return createHash('md5').update(readFileSync(path)).digest('hex');
}
