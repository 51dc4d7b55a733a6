import t from 'tap';
import { packageRecord } from '../../../coordinator/blobs/package-record.ts';
import { packageMessage } from '../../../coordinator/api/convert/package.ts';
import { parseRecord, recordText } from '../../../coordinator/state/parse.ts';
import { packageSchema } from '../../../coordinator/state/records.ts';
import type { PutFile } from '../../../common/upd/manifest.ts';
import { sampleManifest, zstdFrame } from '../../support/upd.ts';

const content = Buffer.from('Welcome.\n');
const plain = sampleManifest([zstdFrame(content)], [content]);
const at = { digest: 'd'.repeat(64), sizeBytes: 1000, holders: ['c1'], createdAt: 1 };

function programs(count: number): readonly PutFile[] {
  const names = Array.from({ length: count }, (_, n) => `bin/p${String(n).padStart(2, '0')}`);
  const common = { op: 'put', type: 'file', mode: 0o4755, uid: 0, gid: 0, xattrs: {}, config: 'replace', linkGroup: 0 } as const;
  return names.map((path) => ({ path, ...common, size: 0, sha256: 'a'.repeat(64), extents: [] }));
}

void t.test('of what is privileged a record keeps the first twenty and how many there are, and etcd gives that back', (t) => {
  const files = programs(23);
  const manifest = { ...plain, files, privileged: files.map(({ path }) => path) };
  const record = packageRecord({ manifest, manifestHash: 'e'.repeat(64) }, at);
  t.match(record.privileged, { count: 23, first: ['/bin/p00: setuid, of 0:0', '/bin/p01: setuid, of 0:0'] });
  t.equal(record.privileged?.first.length, 20);
  const read = parseRecord(packageSchema, { key: 'k', value: recordText(record) });
  t.strictSame(read, record);
  t.match(packageMessage(read), { privilegedCount: 23, privileged: record.privileged?.first });
  t.end();
});

void t.test('what a release demands of agents and nodes is kept, and etcd gives that back', (t) => {
  const requires = ['f'.repeat(64)];
  const record = packageRecord({ manifest: { ...plain, minAgent: '0.2.0', requires, reboot: true }, manifestHash: 'e'.repeat(64) }, at);
  t.strictSame(record.demands, { minAgent: '0.2.0', requires, undone: ['reboot'] });
  t.strictSame(parseRecord(packageSchema, { key: 'k', value: recordText(record) }), record);
  const later = packageRecord({ manifest: { ...plain, minAgent: '0.1.1' }, manifestHash: 'e'.repeat(64) }, at);
  t.strictSame(later.demands, { minAgent: '0.1.1', requires: [], undone: [] });
  t.end();
});

void t.test('of a package without any nothing is kept, so that an older coordinator reads the record', (t) => {
  const record = packageRecord({ manifest: plain, manifestHash: 'e'.repeat(64) }, at);
  t.notOk(recordText(record).includes('privileged'));
  t.notOk(recordText(record).includes('demands'));
  t.match(packageMessage(record), { privilegedCount: 0, privileged: { length: 0 } });
  t.end();
});
