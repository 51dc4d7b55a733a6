import { dirname, join, relative } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { loadAuthority } from '../../common/pki.ts';
import { readCoordinatorConfig, type CoordinatorConfig } from '../config.ts';
import { embeddedEtcdFiles, embeddedEtcdName, layout } from '../layout.ts';
import { etcdClientCertificate, issueWithKey, recordOf } from './certificates.ts';
import { configText, type Addresses, type EtcdText } from './config-text.ts';
import { checkedConfig, json, readGiven } from './cluster.ts';
import { writeNewDirectory, type NewFiles } from './new-directory.ts';

export interface AddWish {
  /** Folder of a coordinator of the cluster. */
  readonly directory: string;
  readonly id: string;
  readonly addresses: Addresses;
  /** Folder of the new one; copy it to its machine. */
  readonly newDirectory: string;
  readonly nowMs: number;
}

export interface Added {
  /** See writeNewDirectory. */
  readonly made: readonly string[];
  /** It shares an embedded etcd, which can be reached from its own machine alone. */
  readonly isForThisMachine: boolean;
}

/**
 * Makes the folder of one more coordinator: a key and certificate of its own, copies of what all share; nothing is shared on disk.
 * @throws UvsError ALREADY_EXISTS, INVALID_ARGUMENT, NOT_FOUND, CONFIG_INVALID; INVALID_ARGUMENT too for another machine than an embedded etcd's
 */
export async function addCoordinator(wish: AddWish): Promise<Added> {
  const configPath = join(wish.directory, layout.config);
  const config = await readCoordinatorConfig(configPath, '--dir');
  if (config.id === wish.id)
    throw new UvsError('INVALID_ARGUMENT', `${wish.id} is the coordinator of ${wish.directory}; the new one needs a name of its own`);
  const { cluster, certificates, packages } = config;
  const isForThisMachine = config.etcd.kind === 'embedded';
  if (isForThisMachine) demandThisMachine(wish);
  const authorityPem = await readGiven(certificates.authority, 'the authority');
  const authorityKey = await readGiven(certificates.authorityKey, "the authority's key");
  const authority = await loadAuthority(authorityPem.toString(), authorityKey.toString());
  const coordinator = { cluster, kind: 'coordinator', id: wish.id } as const;
  const own = await issueWithKey(authority, coordinator);
  const etcd = await etcdFor(config, dirname(configPath), wish.id);
  const files: NewFiles = {
    [layout.authority]: authorityPem,
    [layout.authorityKey]: authorityKey,
    [layout.certificate]: own.pem,
    [layout.key]: own.keyPem,
    [layout.issued]: json([recordOf(coordinator, own, wish.nowMs)]),
    [layout.packageRoot]: await readGiven(packages.root, 'the package root file'),
    ...(packages.identity === undefined
      ? {}
      : { [layout.packageIdentity]: await readGiven(packages.identity, 'the identity for packages') }),
    ...etcd.files,
    [layout.config]: checkedConfig(
      configText({
        id: wish.id,
        cluster,
        addresses: wish.addresses,
        dataDir: movable(config.dataDir, wish.directory),
        etcd: etcd.text,
        // else the answer would depend on who leads
        hasEtcdGate: config.gates.some(({ kind }) => kind === 'etcd'),
        hasIdentity: packages.identity !== undefined,
      }),
      wish.newDirectory,
    ),
  };
  return { made: await writeNewDirectory(wish.newDirectory, files, layout.config), isForThisMachine };
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):\d+$/u;

/** An embedded etcd listens on loopback and ends with its coordinator; a second one beside it is good for trying out what a failover is. */
function demandThisMachine({ directory, id, addresses: { grpc, https } }: AddWish): void {
  const elsewhere = [grpc, https].find((address) => !LOOPBACK.test(address));
  if (elsewhere === undefined) return;
  throw new UvsError(
    'INVALID_ARGUMENT',
    `the etcd of ${directory} is embedded: it runs inside of that coordinator and on loopback only, where ${id} at ${elsewhere} can't reach it`,
    {
      hint:
        'Several coordinators need an etcd of their own: start one, and make the cluster with uvs-coordinator init --etcd-endpoints. ' +
        'To try a second coordinator on this machine, give it addresses of 127.0.0.1.',
    },
  );
}

/** What is inside of the folder goes with it; what is outside is there on every machine. */
function movable(path: string, directory: string): string {
  const inside = relative(directory, path);
  return inside.startsWith('..') ? path : inside;
}

async function etcdFor(
  config: CoordinatorConfig,
  directory: string,
  id: string,
): Promise<{ readonly files: NewFiles; readonly text: EtcdText }> {
  const { etcd } = config;
  if (etcd.kind === 'external') {
    const files = {
      [layout.etcdAuthority]: await readGiven(etcd.authority, "etcd's authority"),
      [layout.etcdClient]: await readGiven(etcd.certificate, "etcd's client certificate"),
      [layout.etcdClientKey]: await readGiven(etcd.key, "etcd's client key"),
    };
    return { files, text: { kind: 'external', endpoints: etcd.endpoints } };
  }
  if (etcd.clientPort === 0) {
    throw new UvsError('CONFIG_INVALID', `the embedded etcd of ${directory} takes another port at each start`, {
      hint: 'Set etcd.client_port in its configuration, so that a second coordinator can find it.',
    });
  }
  const authorityPem = await readGiven(embeddedEtcdFiles(directory).authority, "etcd's authority");
  const authorityKey = await readGiven(join(directory, layout.etcdAuthorityKey), "the key of etcd's authority");
  const authority = await loadAuthority(authorityPem.toString(), authorityKey.toString());
  const files = { [layout.etcdAuthority]: authorityPem, ...(await etcdClientCertificate(authority, id)) };
  return { files, text: { kind: 'external', endpoints: [`https://${embeddedEtcdName}:${etcd.clientPort}`] } };
}
