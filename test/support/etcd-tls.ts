import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, generateKeyPair, issueCertificate } from '../../common/pki.ts';

export interface EtcdTlsFiles {
  /** PEM, for `startEtcd`. */
  readonly tls: { readonly authority: string; readonly certificate: string; readonly key: string };
  /** The same in files, for `uvs-coordinator init`. */
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** An authority for a test's etcd alone, and one certificate for localhost that serves for its members and its clients. */
export async function etcdTls(dir: string): Promise<EtcdTlsFiles> {
  const { authority } = await createAuthority('etcd of a test');
  const pair = await generateKeyPair();
  const issued = await issueCertificate(authority, {
    commonName: 'etcd',
    publicKey: pair.publicKey,
    altNames: [
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ],
    isServer: true,
    isClient: true,
  });
  const files = { ca: join(dir, 'etcd-ca.pem'), cert: join(dir, 'etcd.pem'), key: join(dir, 'etcd.key') };
  writeFileSync(files.ca, authority.certificatePem);
  writeFileSync(files.cert, issued.pem);
  writeFileSync(files.key, pair.keyPem, { mode: 0o600 });
  return { tls: { authority: authority.certificatePem, certificate: issued.pem, key: pair.keyPem }, files };
}
