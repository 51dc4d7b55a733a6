import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SECTIONS } from '../manual/sections.ts';
import { layPackagedAgent, layPackagedRuntime } from './agent.ts';
import { layProgram, layStartScripts, layVendoredFiles } from './program.ts';
import { runtimeVersion, type Architecture } from './runtime.ts';
import { productVersion, project } from './sources.ts';

/** Names that differ between Debian's family and Red Hat's. */
interface Needs {
  readonly deb: readonly string[];
  readonly rpm: readonly string[];
}

/** A package, whatever its format. */
export interface PackageDefinition {
  readonly name: string;
  readonly version: string;
  /** `all` where nothing in it is compiled. */
  readonly architecture: Architecture | 'all';
  readonly summary: string;
  /** Lines of at most 78 characters. */
  readonly description: readonly string[];
  readonly needs: Needs;
  readonly suggests: Needs;
  /** Names of Debian's lintian that are answered, each with the reason. */
  readonly answered: readonly (readonly [tag: string, why: string])[];
  /** Only where there was a package that had everything in it, which is Debian's. */
  readonly isTransitional?: true;
  lay(tree: string): void;
}

/** Of the packages, not of what is in them: a higher one is an upgrade of the same programs. */
export const PACKAGE_REVISION = process.env['REVISION'] ?? '1';

/** The package that had everything in it was older than this. */
export const FIRST_SPLIT = '0.2.0-1';

const anyRuntime = `uvs-runtime (>= ${runtimeVersion()}), uvs-runtime (<< ${Number(runtimeVersion().split('.')[0]) + 1})`;
const runtimeNeeds: Needs = {
  deb: [anyRuntime],
  rpm: [`uvs-runtime >= ${runtimeVersion()}`, `uvs-runtime < ${Number(runtimeVersion().split('.')[0]) + 1}`],
};
const nothing: Needs = { deb: [], rpm: [] };

/** All packages for nodes of an architecture. */
export function definitions(architecture: Architecture): readonly PackageDefinition[] {
  return [runtime(architecture), agent, coordinator, cli, everything];
}

const runtime = (architecture: Architecture): PackageDefinition => ({
  name: 'uvs-runtime',
  version: runtimeVersion(),
  architecture,
  summary: 'runtime of the programs of UVS (Node.js)',
  description: [
    'The Node.js that uvs-agent, uvs-coordinator, uvsctl and upd run on, as its',
    'makers built it. It is apart from them, so that an upgrade of theirs is small.',
  ],
  needs: {
    // by the newest versions of symbols that the program asks for
    deb: ['libc6 (>= 2.28)', 'libgcc-s1', 'libstdc++6 (>= 7)'],
    rpm: ['glibc >= 2.28', 'libgcc', 'libstdc++ >= 7'],
  },
  suggests: nothing,
  answered: [
    ['unstripped-binary-or-object', 'byte for byte what the makers of Node.js released and what was tested'],
    ['embedded-library', 'Node.js is built with its own copies of the libraries that it needs'],
  ],
  lay: (tree) => layPackagedRuntime(tree, architecture),
});

const agent: PackageDefinition = {
  name: 'uvs-agent',
  version: productVersion,
  architecture: 'all',
  summary: 'rolling updates of Ceph clusters: the agent of a node',
  description: [
    'Brings releases onto a node of a Ceph cluster when its coordinator says that',
    'the storage can spare it, and keeps every original until the new release is',
    'proven. No unit is enabled: a machine becomes a node by uvs-agent join.',
  ],
  needs: {
    // beside what is essential there
    deb: [...runtimeNeeds.deb, 'attr', 'e2fsprogs', 'systemd'],
    rpm: [...runtimeNeeds.rpm, 'attr', 'coreutils', 'e2fsprogs', 'systemd', 'util-linux'],
  },
  // for an SSD on /m2; sfdisk is in util-linux elsewhere
  suggests: { deb: ['fdisk', 'smartmontools', 'xfsprogs'], rpm: ['smartmontools', 'xfsprogs'] },
  answered: [],
  lay: (tree) => {
    layPackagedAgent(tree);
    copy('packaging/launch-agent', join(tree, 'usr/lib/uvs/launch-agent'));
    link(tree, 'usr/bin/uvs-agent', '../lib/uvs/launch-agent');
    layManual(tree, 'uvs-agent');
    for (const unit of ['uvs-agent.service', 'uvs-agent-recover.service'])
      copy(`systemd/${unit}`, join(tree, 'usr/lib/systemd/system', unit));
    copy('systemd/uvs-agent.tmpfiles', join(tree, 'usr/lib/tmpfiles.d/uvs-agent.conf'));
    copy('packaging/agent.example.toml', join(tree, 'usr/share/doc/uvs-agent/examples/agent.example.toml'));
  },
};

const coordinator: PackageDefinition = {
  name: 'uvs-coordinator',
  version: productVersion,
  architecture: 'all',
  summary: 'rolling updates of Ceph clusters: the coordinator',
  description: [
    'Decides which node of a Ceph cluster may be disturbed, and when; distributes',
    'packages and serves the API. It runs on the monitor nodes. No unit is enabled:',
    'a machine becomes a coordinator by uvs-coordinator init.',
  ],
  needs: { deb: [...runtimeNeeds.deb, 'systemd'], rpm: [...runtimeNeeds.rpm, 'systemd'] },
  suggests: { deb: ['ceph-common', 'etcd-server', 'uvs-cli'], rpm: ['ceph-common', 'etcd', 'uvs-cli'] },
  answered: [],
  lay: (tree) => {
    const directory = join(tree, 'usr/lib/uvs/coordinator');
    layProgram(directory, ['uvs-coordinator']);
    layStartScripts(directory, ['uvs-coordinator']);
    layVendoredFiles(directory);
    link(tree, 'usr/bin/uvs-coordinator', '../lib/uvs/coordinator/bin/uvs-coordinator');
    layManual(tree, 'uvs-coordinator');
    copy('systemd/uvs-coordinator.service', join(tree, 'usr/lib/systemd/system/uvs-coordinator.service'));
    copy('systemd/uvs-coordinator.sysusers', join(tree, 'usr/lib/sysusers.d/uvs-coordinator.conf'));
    copy('systemd/uvs-coordinator.tmpfiles', join(tree, 'usr/lib/tmpfiles.d/uvs-coordinator.conf'));
    const examples = join(tree, 'usr/share/doc/uvs-coordinator/examples');
    copy('packaging/coordinator.example.toml', join(examples, 'coordinator.example.toml'));
    copy('packaging/prometheus/uvs.rules.yml', join(examples, 'uvs.rules.yml'));
  },
};

const cli: PackageDefinition = {
  name: 'uvs-cli',
  version: productVersion,
  architecture: 'all',
  summary: 'rolling updates of Ceph clusters: the command lines',
  description: [
    'For operators, uvsctl: brings releases to a cluster, shows what goes on, and',
    'stops it. For release engineers, upd: makes keys and packages, and verifies',
    'them. With the documentation of all of UVS.',
  ],
  needs: runtimeNeeds,
  suggests: nothing,
  answered: [],
  lay: (tree) => {
    const directory = join(tree, 'usr/lib/uvs/cli');
    layProgram(directory, ['uvsctl', 'upd']);
    layStartScripts(directory, ['uvsctl', 'upd']);
    for (const program of ['uvsctl', 'upd']) {
      link(tree, `usr/bin/${program}`, `../lib/uvs/cli/bin/${program}`);
      layManual(tree, program);
    }
    const doc = join(tree, 'usr/share/doc/uvs-cli');
    for (const page of ['README.md', 'CHANGELOG.md']) copy(page, join(doc, page));
    copy('docs', join(doc, 'docs'));
  },
};

/** What used to have everything in it: an upgrade of it brings the packages that took its place. */
const everything: PackageDefinition = {
  name: 'uvs',
  version: productVersion,
  architecture: 'all',
  summary: 'rolling updates of Ceph clusters (transitional package)',
  description: [
    'Empty: it brings the packages into which this one was split, uvs-agent,',
    'uvs-coordinator and uvs-cli, and can be removed once they are there.',
  ],
  needs: { deb: ['uvs-agent', 'uvs-coordinator', 'uvs-cli'].map((name) => `${name} (>= ${FIRST_SPLIT})`), rpm: [] },
  suggests: nothing,
  answered: [],
  isTransitional: true,
  lay: () => undefined,
};

/** What every package has to say of itself. */
export function layLicence(tree: string, name: string): void {
  const text = `Copyright 2026 The UVS maintainers

UVS is licensed under the Apache License 2.0, found in /usr/share/common-licenses/Apache-2.0 on Debian and at
https://www.apache.org/licenses/LICENSE-2.0. Node.js, in uvs-runtime, has its own in /usr/lib/uvs/runtime/*/LICENSE.
The licences of what is bundled with a program are in *.LEGAL.txt beside it, below /usr/lib/uvs.
`;
  const path = join(tree, 'usr/share/doc', name, 'copyright');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Adds the manual page and the completion that were made of a program's own command line. */
function layManual(tree: string, program: string): void {
  const section = SECTIONS[program] ?? 1;
  const page = join(tree, `usr/share/man/man${section}/${program}.${section}.gz`);
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, gzipSync(readFileSync(join(project, 'dist/uvs/manual', `${program}.${section}`)), { level: 9 }));
  copy(`dist/uvs/manual/${program}.bash`, join(tree, 'usr/share/bash-completion/completions', program));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join(project, from), to, { recursive: true });
}

function link(tree: string, path: string, target: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  symlinkSync(target, join(tree, path));
}
