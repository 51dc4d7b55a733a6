import type { IKeyValue } from 'etcd3';
import type { KeyValue } from './port.ts';

/** Takes an entry over from etcd3, whose 64-bit numbers are decimal strings. */
export function toKeyValue(kv: IKeyValue): KeyValue {
  return {
    key: kv.key.toString('utf8'),
    value: kv.value.toString('utf8'),
    createRevision: Number(kv.create_revision),
    modRevision: Number(kv.mod_revision),
    lease: kv.lease,
  };
}
