import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installs an RPM of one file and one directory into a root of its own, as rpm does it. */
export function installRpm(top: string, root: string, name: string, path: string): void {
  const spec = join(top, `${name}.spec`);
  writeFileSync(
    spec,
    `Name: ${name}\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\nx\n%install\nmkdir -p %{buildroot}$(dirname ${path})\necho x > %{buildroot}${path}\n%files\n${path}\n`,
  );
  execFileSync('rpmbuild', ['-bb', '--quiet', '--define', `_topdir ${top}`, spec], { stdio: 'ignore' });
  execFileSync(
    'rpm',
    ['--root', root, '--dbpath', '/var/lib/rpm', '-i', '--nodeps', '--noscripts', join(top, `RPMS/noarch/${name}-1-1.noarch.rpm`)],
    {
      stdio: 'ignore',
    },
  );
}
