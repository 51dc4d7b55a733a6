import { keys } from '../state/keys.ts';
import type { Leading } from './leading.ts';

/** A granted slot lives on for the time of its lease. */
export async function renewGrant({ etcd }: Pick<Leading, 'etcd'>, uid: string): Promise<void> {
  const entry = await etcd.get(keys.slot(uid));
  if (entry !== undefined && entry.lease !== '0') await etcd.leaseKeepAlive(entry.lease);
}
