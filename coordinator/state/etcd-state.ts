import { UvsError } from '../../common/errors.ts';
import type { Etcd } from '../etcd/port.ts';
import { keys } from './keys.ts';
import { isForgotten, newestLandmark, type Landmark } from './landmark.ts';
import type { Seen } from './seen.ts';
import { parseRecord } from './parse.ts';
import { epochSchema } from './records.ts';

/** What etcd says of itself: its epoch, the epochs whose place that has taken, its revision and its newest landmark now. */
export interface EtcdState extends Seen {
  readonly adopted: readonly string[];
  /** It lacks the landmark by which it was looked for. */
  readonly hasForgotten: boolean;
}

/**
 * Looks what etcd is. What will be remembered is read before what shows that it is the same: an etcd that is put back in between is found
 * out now or at the next look, and nothing of it takes the place of what was remembered.
 * @param known the landmark that it has to have; undefined: none is remembered
 */
export async function readEtcdState(etcd: Pick<Etcd, 'get' | 'range'>, known: Landmark | undefined): Promise<EtcdState> {
  const landmark = await newestLandmark(etcd);
  const hasForgotten = known !== undefined && (await isForgotten(etcd, known));
  const { revision, entries } = await etcd.range(keys.epoch, { limit: 1 });
  const [entry] = entries;
  if (entry?.key !== keys.epoch) throw new UvsError('INTERNAL', `etcd has no ${keys.epoch}`);
  return { ...parseRecord(epochSchema, entry), revision, landmark, hasForgotten };
}
