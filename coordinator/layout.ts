import { join } from 'node:path';

/** Names of the files in a coordinator's folder, as `init` makes it and the configuration names them. */
export const layout = {
  config: 'coordinator.toml',
  authority: 'pki/authority.pem',
  authorityKey: 'pki/authority.key',
  certificate: 'pki/coordinator.pem',
  key: 'pki/coordinator.key',
  /** Certificates made before there was a leader to record them; the first leader does. */
  issued: 'pki/issued.json',
  packageRoot: 'package-root.json',
  packageIdentity: 'package-identity.age',
  adminCredential: 'admin.credential.json',
  etcdAuthority: 'etcd/authority.pem',
  etcdAuthorityKey: 'etcd/authority.key',
  etcdServer: 'etcd/server.pem',
  etcdServerKey: 'etcd/server.key',
  etcdClient: 'etcd/client.pem',
  etcdClientKey: 'etcd/client.key',
} as const;

/** DNS name in the certificate of an embedded etcd. */
export const embeddedEtcdName = 'localhost';

/** Paths of an embedded etcd's certificates. */
export function embeddedEtcdFiles(
  directory: string,
): Readonly<Record<'authority' | 'serverCertificate' | 'serverKey' | 'clientCertificate' | 'clientKey', string>> {
  return {
    authority: join(directory, layout.etcdAuthority),
    serverCertificate: join(directory, layout.etcdServer),
    serverKey: join(directory, layout.etcdServerKey),
    clientCertificate: join(directory, layout.etcdClient),
    clientKey: join(directory, layout.etcdClientKey),
  };
}
