import * as v from 'valibot';
import { UvsError } from '../../../common/errors.ts';
import { readJson, succeeded, word } from './answer.ts';
import type { Ceph } from './cli.ts';
import { EINVAL, EOPNOTSUPP } from './failure.ts';

const balancerAnswer = v.pipe(
  v.object({ active: v.boolean(), mode: word }),
  v.transform(({ active, mode }) => active && mode !== 'none'),
);

/** Whether it balances; undefined where its module is not enabled, as in 12.2 by default. */
export async function readBalancer(ceph: Ceph, signal: AbortSignal): Promise<boolean | undefined> {
  const words = ['balancer', 'status'];
  const output = await ceph.ask(words, signal);
  if (output.code === EINVAL || output.code === EOPNOTSUPP) return undefined;
  return readJson(succeeded(output, words).stdout, words, balancerAnswer);
}

export async function pauseBalancer(ceph: Ceph, signal: AbortSignal): Promise<void> {
  await say(ceph, 'off', signal);
}

export async function unpauseBalancer(ceph: Ceph, signal: AbortSignal): Promise<void> {
  const isBalancing = await readBalancer(ceph, signal);
  if (isBalancing === undefined) {
    throw new UvsError('UNREACHABLE', "the manager's balancer module, which was paused, does not answer", {
      hint: 'Right after a hand-over it is not loaded yet; else enable it: ceph mgr module enable balancer.',
    });
  }
  if (!isBalancing) await say(ceph, 'on', signal);
}

async function say(ceph: Ceph, verb: 'on' | 'off', signal: AbortSignal): Promise<void> {
  const words = ['balancer', verb];
  succeeded(await ceph.ask(words, signal), words);
}
