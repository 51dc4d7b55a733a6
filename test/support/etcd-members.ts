import type { EtcdMember } from '../../coordinator/gates/etcd/members.ts';

/** A healthy member at 10.0.0.N of which its URLs tell an address only. */
export function etcdMember(number: number, given: Partial<EtcdMember> = {}): EtcdMember {
  const place = { names: [], addresses: new Set([`10.0.0.${number}`]), isWhole: true };
  return { name: `e${number}`, isLearner: false, isHealthy: true, message: '', place, ...given };
}
