import { UvsError } from '../../common/errors.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { openPackage } from '../../common/upd/open.ts';
import { checkContentKey, unwrapContentKey } from '../../common/upd/recipients.ts';
import type { PackageKeys } from '../api/agent-service.ts';
import type { Core } from '../core.ts';
import type { OperationView } from '../rollout-view.ts';
import type { StepState } from '../domain.ts';
import type { BlobStore } from './store.ts';
import { digestOf } from '../goal.ts';

export interface PackageKeysOptions {
  readonly core: Pick<Core, 'rollouts'> & { readonly packageRoot: Pick<Core['packageRoot'], 'current'> };
  readonly store: BlobStore;
  /** age identities ("AGE-SECRET-KEY-1…"), any of which may open a package; none: this cluster reads no encrypted packages. */
  readonly identities: readonly string[];
}

/** Steps whose node needs the key; before there is no assignment, after it the work is done. */
const working: ReadonlySet<StepState> = new Set<StepState>(['staging', 'staged', 'granted', 'begun', 'confirming']);

/** Hands out content keys, each only to the nodes that have been given that package to install. */
export function packageKeys(options: PackageKeysOptions): PackageKeys {
  return {
    keyFor: async (uid, digest, operation, signal) => {
      await demandAssigned(options.core, uid, digest, operation);
      if (options.identities.length === 0) {
        throw new UvsError('KEY_MISSING', 'this coordinator has no identity for encrypted packages', {
          hint: 'Configure one: [packages] identity.',
        });
      }
      if (options.store.sizeOf(digest) === undefined) {
        throw new UvsError('NOT_FOUND', `this coordinator does not hold the package ${digest} yet`, {
          hint: 'Ask again; it is being copied.',
        });
      }
      await using source = await openFileSource(options.store.pathOf(digest));
      const opened = await openPackage(source, { root: options.core.packageRoot.current().trusted }, signal);
      const key = await unwrapContentKey(opened.recipients, ...options.identities);
      checkContentKey(opened.manifest, key);
      return key;
    },
  };
}

async function demandAssigned(core: Pick<Core, 'rollouts'>, uid: string, digest: string, operation: string): Promise<void> {
  const step = await stepOf(core, operation);
  const isWorking = step !== undefined && step.uid === uid && !step.isEarlier && working.has(step.state);
  if (isWorking && digestOf((await core.rollouts.get(step.rollout)).plan.spec) === digest) return;
  // One answer for every cause: a node learns nothing of other nodes' work.
  throw new UvsError('PERMISSION_DENIED', `the package ${digest} is not assigned to node ${uid} by operation ${operation}`);
}

async function stepOf(core: Pick<Core, 'rollouts'>, operation: string): Promise<OperationView | undefined> {
  try {
    return await core.rollouts.operation(operation);
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'NOT_FOUND') return undefined;
    throw error;
  }
}
