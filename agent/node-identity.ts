import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { agentBounds } from '../common/agent-bounds.ts';
import { writeFileAtomically } from '../common/atomic-file.ts';
import { UvsError } from '../common/errors.ts';

/** What the node became when it joined. */
export interface NodeIdentity {
  /** UUID, minted by the coordinator. */
  readonly uid: string;
  readonly hostname: string;
  /** The first decides the node's rank in an ordered rollout. */
  readonly roles: readonly string[];
}

export const hostnameSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'must be a host name'));
export const roleSchema = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a role such as osd or rbd-mirror'));

const schema = v.strictObject({
  uid: v.pipe(v.string(), v.uuid()),
  hostname: hostnameSchema,
  roles: v.pipe(v.array(roleSchema), v.minLength(1), v.maxLength(agentBounds.roles)),
});

/** Reads the identity; undefined where the node never joined. @throws UvsError CONFIG_INVALID */
export async function readNodeIdentity(path: string): Promise<NodeIdentity | undefined> {
  try {
    return v.parse(schema, JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new UvsError('CONFIG_INVALID', `${path} cannot be read as this node's identity`, { cause, hint: 'Join the node again.' });
  }
}

export async function writeNodeIdentity(path: string, identity: NodeIdentity): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(identity, undefined, 2)}\n`, 0o600);
}
