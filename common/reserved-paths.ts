import { outsideReleases } from './agent-layout.ts';

const AGENTS = 'belongs to the agent itself';
const COORDINATORS = 'belongs to a coordinator of UVS';

/** Trees that no release may touch on any node, and why, as the end of a sentence about them. Paths are relative to the root. */
export const systemTrees: Readonly<Record<string, string>> = {
  proc: 'belongs to the kernel',
  sys: 'belongs to the kernel',
  dev: 'belongs to the kernel',
  run: 'is gone with the next boot',
};

/** The same of settings, keys, state and programs of the agent, and of a coordinator that may live on the same node. */
export const ownPlaces: Readonly<Record<string, string>> = {
  'var/lib/uvs-agent': AGENTS,
  'etc/uvs/agent.toml': AGENTS,
  'etc/uvs/coordinator.toml': COORDINATORS,
  'etc/uvs/package-root.json': COORDINATORS,
  'etc/uvs/package-identity.age': COORDINATORS,
  'etc/uvs/pki': COORDINATORS,
  'etc/uvs/etcd': COORDINATORS,
  'var/lib/uvs-coordinator': COORDINATORS,
  ...Object.fromEntries(outsideReleases.map((path) => [path, AGENTS])),
};

const CREDENTIAL = /^etc\/uvs\/[^/]*credential[^/]*$/;

/** Files that the agent writes while it runs, by the names that it gives them. */
const writtenNames: readonly RegExp[] = [
  // limits of services (agent/limits/drop-in.ts)
  /^etc\/systemd\/system\/[^/]+\.service\.d\/90-uvs-limits\.conf$/,
  // settings (agent/settings): of the kernel, of timesyncd, and of chrony, whose configuration says where its sources are
  /(?:^|\/)90-uvs-settings\.[^/]+$/,
  // the SSD (agent/m2/units.ts), and the links by which its units are wanted
  /^etc\/systemd\/system\/(?:[^/]+\.(?:wants|requires)\/)?(?:m2\.mount|uvs-m2-trim\.(?:service|timer))$/,
  /^etc\/systemd\/system\/[^/]+\.device\.d\/50-uvs-m2\.conf$/,
  // directories that were brought to it (agent/m2/migration/units.ts)
  /^etc\/systemd\/system\/[^/]+\.d\/60-uvs-m2[^/]*\.conf$/,
];

/** Why no release may touch a path by its name alone, as the end of a sentence about it; undefined: other rules decide. */
export function reservedName(path: string): string | undefined {
  return CREDENTIAL.test(path) || writtenNames.some((name) => name.test(path)) ? AGENTS : undefined;
}

const places = new Map(Object.entries({ ...systemTrees, ...ownPlaces }));

/** Finds what keeps every node from taking a path, whatever is on it: the place that it is or lies in, and why; undefined: a node may take it. */
export function reservedOnEveryNode(path: string): { readonly place: string; readonly why: string } | undefined {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const why = places.get(at);
    if (why !== undefined) return { place: at, why };
  }
  const why = reservedName(path);
  return why === undefined ? undefined : { place: path, why };
}
