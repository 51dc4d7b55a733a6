import { stringify } from 'smol-toml';
import { layout } from '../layout.ts';

/** Where a new coordinator listens and is reached. */
export interface Addresses {
  /** host:port that others are told; it listens there too unless `listen` says otherwise. */
  readonly grpc: string;
  readonly https: string;
  readonly metrics: string | undefined;
  /** Address to listen on in place of the hosts above, e.g. "0.0.0.0". */
  readonly listen: string | undefined;
}

export type EtcdText =
  | { readonly kind: 'embedded'; readonly clientPort: number; readonly peerPort: number }
  | { readonly kind: 'external'; readonly endpoints: readonly string[] };

export interface ConfigWish {
  readonly id: string;
  readonly cluster: string;
  readonly addresses: Addresses;
  /** Absolute, or taken from the folder of the configuration. */
  readonly dataDir: string;
  readonly etcd: EtcdText;
  /** Whether the gate is configured that keeps UVS from disturbing a member of etcd while another one is ill. */
  readonly hasEtcdGate: boolean;
  /** Whether encrypted packages can be read. */
  readonly hasIdentity: boolean;
}

/** The text of a new coordinator's configuration; all else keeps its default. */
export function configText({ id, cluster, addresses, dataDir, etcd, hasEtcdGate, hasIdentity }: ConfigWish): string {
  const listener = (address: string): Record<string, string> =>
    addresses.listen === undefined
      ? { listen: address }
      : { listen: `${addresses.listen}${address.slice(address.lastIndexOf(':'))}`, advertise: address };
  const config = {
    id,
    cluster,
    data_dir: dataDir,
    grpc: listener(addresses.grpc),
    https: listener(addresses.https),
    ...(addresses.metrics === undefined ? {} : { metrics: { listen: addresses.metrics } }),
    certificates: { authority: layout.authority, authority_key: layout.authorityKey, certificate: layout.certificate, key: layout.key },
    packages: { root: layout.packageRoot, ...(hasIdentity ? { identity: layout.packageIdentity } : {}) },
    etcd:
      etcd.kind === 'embedded'
        ? { kind: 'embedded', client_port: etcd.clientPort, peer_port: etcd.peerPort }
        : {
            kind: 'external',
            endpoints: [...etcd.endpoints],
            authority: layout.etcdAuthority,
            certificate: layout.etcdClient,
            key: layout.etcdClientKey,
          },
    ...(hasEtcdGate ? { gate: [{ kind: 'etcd' }] } : {}),
  };
  return `# Made by uvs-coordinator. What may be set besides: coordinator.example.toml\n${stringify(config)}\n`;
}
