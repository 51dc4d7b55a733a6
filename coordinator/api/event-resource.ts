import { UvsError } from '../../common/errors.ts';
import type { Core } from '../core.ts';

/** What the audit log says of the cluster as a whole. */
const singles: ReadonlySet<string> = new Set(['cluster', 'packageRoot']);

/** What may follow each collection of which the audit log tells. */
const collections: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    nodes: /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/u,
    rollouts: /^ro-[a-z0-9-]{1,64}(?:\/steps(?:\/[A-Za-z0-9-]{1,64})?)?$/u,
    packages: /^[A-Za-z0-9][A-Za-z0-9._:+~-]{0,254}$/u,
    credentials: /^[0-9a-f]{1,64}$/u,
    joinTokens: /^[a-z0-9-]{1,64}$/u,
    budgets: /^(?:cluster|role(?:\/[a-z0-9-]{1,32})?)$/u,
    members: /^[a-z0-9][a-z0-9._-]{0,62}$/u,
  }),
);

const UID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;
const DIGEST = /^[0-9a-f]{64}$/u;

interface NamedThings {
  readonly nodes: Pick<Core['nodes'], 'find'>;
  readonly packages: Pick<Core['packages'], 'find'>;
}

/**
 * Finds how the audit log writes a resource that somebody names: nodes by their host names too, packages by whatever finds them, a whole
 * collection by its name alone. Of what is gone, the log goes on to tell by UID or digest.
 * @throws UvsError NOT_FOUND for what there is not, and can't have been
 */
export async function auditResource(text: string, core: NamedThings): Promise<string> {
  const [collection = '', ...rest] = text.split('/');
  const id = rest.join('/');
  if (singles.has(text) || collections.has(text)) return text;
  if (collections.get(collection)?.test(id) !== true) {
    throw new UvsError('NOT_FOUND', `there can be no resource ${JSON.stringify(text.slice(0, 80))}`, {
      hint: `The audit log tells of ${[...singles].join(', ')} and of ${[...collections.keys()].join('/…, ')}/…, by the names that --json prints.`,
    });
  }
  switch (collection) {
    case 'nodes':
      return UID.test(id) ? text : `nodes/${core.nodes.find(id).uid}`;
    case 'packages':
      return DIGEST.test(id) ? text : `packages/${(await core.packages.find(id)).digest}`;
    default:
      return text;
  }
}
