import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { architecture, unpackDebs } from '../support/packages.ts';

const scripts = fileURLToPath(new URL('one-package', import.meta.url));

/** Makes what there was before packages of their own: one .deb with everything, its scripts as they were, of the programs that these .debs have. Returns its path. */
export async function buildOnePackage(folder: string, debs: ReadonlyMap<string, string>): Promise<string> {
  const tree = join(folder, 'one-package');
  await unpackDebs(debs.values(), tree);
  const base = join(tree, 'usr/lib/uvs');
  rmSync(join(tree, 'usr/share'), { recursive: true });
  // the start scripts and what they start were in one place
  cpSync(join(base, 'coordinator'), base, { recursive: true });
  cpSync(join(base, 'cli'), base, { recursive: true });
  rmSync(join(base, 'coordinator'), { recursive: true });
  rmSync(join(base, 'cli'), { recursive: true });
  for (const program of ['uvs-coordinator', 'uvsctl', 'upd']) {
    rmSync(join(tree, 'usr/bin', program));
    symlinkSync(`../lib/uvs/bin/${program}`, join(tree, 'usr/bin', program));
    const script = join(base, 'bin', program);
    writeFileSync(script, readFileSync(script, 'utf8').replace('$here/../../runtime', '$here/../runtime'));
  }
  renameSync(join(tree, 'usr/lib/sysusers.d/uvs-coordinator.conf'), join(tree, 'usr/lib/sysusers.d/uvs.conf'));
  const folders = join(tree, 'usr/lib/tmpfiles.d');
  const lines = ['uvs-agent.conf', 'uvs-coordinator.conf'].map((name) => readFileSync(join(folders, name), 'utf8')).join('');
  rmSync(folders, { recursive: true });
  mkdirSync(folders);
  writeFileSync(join(folders, 'uvs.conf'), lines);
  mkdirSync(join(tree, 'etc/uvs'), { recursive: true });
  cpSync(scripts, join(tree, 'DEBIAN'), { recursive: true });
  for (const script of ['preinst', 'postinst', 'prerm', 'postrm']) execFileSync('chmod', ['755', join(tree, 'DEBIAN', script)]);
  writeFileSync(
    join(tree, 'DEBIAN/control'),
    `Package: uvs\nVersion: 0.2.0\nArchitecture: ${architecture}\nMaintainer: x <x@x.invalid>\nDepends: libstdc++6, systemd, attr\nDescription: x\n`,
  );
  const path = join(folder, 'uvs_0.2.0.deb');
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, path], { stdio: 'ignore', timeout: 120_000 });
  rmSync(tree, { recursive: true });
  return path;
}
