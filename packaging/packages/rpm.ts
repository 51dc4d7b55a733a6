import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PACKAGE_REVISION, type PackageDefinition } from './definitions.ts';
import { architectures } from './runtime.ts';
import { scriptsOf } from './scripts.ts';
import { MAINTAINER, SOURCE_DATE_EPOCH } from './sources.ts';
import { entriesOf, settleTree, type TreeEntry } from './tree.ts';

const BUILD_MS = 900_000;

/** What would make a package of where, when and on what it was built, or changes what is in it. */
const settings: Readonly<Record<string, string>> = {
  _buildhost: 'localhost',
  use_source_date_epoch_as_buildtime: '1',
  clamp_mtime_to_source_date_epoch: '1',
  source_date_epoch_from_changelog: '0',
  _build_id_links: 'none',
  debug_package: '%{nil}',
  __os_install_post: '%{nil}',
  optflags: '-',
  _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
};

/** Folders that belong to the system, or that several packages have. */
const shared = new Set(
  [
    'usr',
    'usr/bin',
    'usr/lib',
    'usr/lib/systemd',
    'usr/lib/systemd/system',
    'usr/lib/sysusers.d',
    'usr/lib/tmpfiles.d',
    'usr/share',
  ].concat([
    'usr/share/doc',
    'usr/share/man',
    'usr/share/man/man1',
    'usr/share/man/man8',
    'usr/share/bash-completion',
    'usr/share/bash-completion/completions',
  ]),
);

/** Builds NAME-VERSION.ARCHITECTURE.rpm of a tree. Returns the path. */
export function buildRpm(definition: PackageDefinition, tree: string, out: string, compression: 'fast' | 'small'): string {
  const { architecture } = definition;
  settleTree(tree);
  const top = mkdtempSync(join(tmpdir(), 'uvs-rpm-'));
  try {
    const spec = join(top, 'package.spec');
    writeFileSync(spec, specOf(definition, tree, compression));
    const macros = { ...settings, _topdir: top, _rpmdir: join(top, 'RPMS'), _tmppath: top };
    const defines = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
    const target = architecture === 'all' ? 'noarch' : architectures[architecture].rpm;
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH), LC_ALL: 'C', TZ: 'UTC' };
    execFileSync('rpmbuild', ['-bb', '--quiet', '--target', `${target}-linux`, ...defines, spec], {
      env,
      timeout: BUILD_MS,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [built] = readdirSync(join(top, 'RPMS'));
    if (built === undefined) throw new Error(`rpmbuild made nothing of ${definition.name}`);
    mkdirSync(out, { recursive: true });
    const path = join(out, basename(built));
    copyFileSync(join(top, 'RPMS', built), path);
    return path;
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

function specOf(definition: PackageDefinition, tree: string, compression: 'fast' | 'small'): string {
  const { name, version, summary, description, needs, suggests } = definition;
  const scripts = [...scriptsOf(name, 'rpm')].map(([script, text]) => `%${script}\n${escaped(text)}`);
  return `Name: ${name}
Version: ${version}
Release: ${PACKAGE_REVISION}
Summary: ${summary}
License: ${name === 'uvs-runtime' ? 'MIT' : 'Apache-2.0'}
Vendor: UVS maintainers
Packager: ${MAINTAINER}
# what a package needs is said below: nothing is guessed from what is in it
AutoReqProv: no
${needs.rpm.map((need) => `Requires: ${need}\n`).join('')}${suggests.rpm.map((name) => `Suggests: ${name}\n`).join('')}
%define _binary_payload ${compression === 'fast' ? 'w1.gzdio' : 'w6.xzdio'}

%description
${description.join('\n')}

%install
cp -a ${tree}/. %{buildroot}/

${scripts.join('\n')}
%files
%defattr(-,root,root,-)
${entriesOf(tree)
  .filter(({ path }) => !shared.has(path))
  .map((entry) => `${listed(entry)}\n`)
  .join('')}`;
}

function listed({ path, type }: TreeEntry): string {
  const kind = type === 'directory' ? '%dir ' : path.startsWith('usr/share/doc/') ? '%doc ' : '';
  return `${kind}"/${escaped(path)}"`;
}

/** rpm takes every % for a macro's. */
function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}
