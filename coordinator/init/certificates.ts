import {
  createAuthority,
  generateKeyPair,
  issueCertificate,
  issueIdentity,
  type Authority,
  type IssuedCertificate,
} from '../../common/pki.ts';
import type { Identity } from '../../common/tls.ts';
import type { CredentialRecord } from '../core.ts';
import { embeddedEtcdName, layout } from '../layout.ts';
import type { NewFiles } from './new-directory.ts';

export interface KeyedCertificate extends IssuedCertificate {
  readonly keyPem: string;
}

/** Makes a key and has it certified. */
export async function issueWithKey(authority: Authority, identity: Identity): Promise<KeyedCertificate> {
  const { keyPem, publicKey } = await generateKeyPair();
  return { ...(await issueIdentity(authority, identity, publicKey)), keyPem: `${keyPem}\n` };
}

/** What the first leader records of a certificate made here. */
export function recordOf(identity: Identity, issued: IssuedCertificate, issuedAt: number): CredentialRecord {
  return {
    serial: issued.serial,
    fingerprint: issued.fingerprint,
    identity: `${identity.kind}/${identity.id}`,
    issuedAt,
    isWithdrawn: false,
  };
}

/**
 * An authority for an embedded etcd alone, with its server's and its clients' certificates: what the cluster's own authority has signed,
 * nodes' certificates above all, opens nothing there.
 */
export async function embeddedEtcdCertificates(cluster: string): Promise<NewFiles> {
  const { authority, keyPem } = await createAuthority(`UVS ${cluster} etcd`);
  const server = await generateKeyPair();
  const served = await issueCertificate(authority, {
    commonName: 'etcd',
    publicKey: server.publicKey,
    altNames: [
      { type: 'dns', value: embeddedEtcdName },
      { type: 'ip', value: '127.0.0.1' },
    ],
    isServer: true,
    isClient: true,
  });
  return {
    [layout.etcdAuthority]: authority.certificatePem,
    [layout.etcdAuthorityKey]: keyPem,
    [layout.etcdServer]: served.pem,
    [layout.etcdServerKey]: `${server.keyPem}\n`,
    ...(await etcdClientCertificate(authority, 'coordinator')),
  };
}

/** A client's certificate for etcd. */
export async function etcdClientCertificate(authority: Authority, name: string): Promise<NewFiles> {
  const client = await generateKeyPair();
  const issued = await issueCertificate(authority, {
    commonName: name,
    publicKey: client.publicKey,
    altNames: [{ type: 'dns', value: name }],
    isServer: false,
    isClient: true,
  });
  return { [layout.etcdClient]: issued.pem, [layout.etcdClientKey]: `${client.keyPem}\n` };
}
