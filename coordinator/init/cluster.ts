import { readFile } from 'node:fs/promises';
import { generateIdentity } from 'age-encryption';
import type { Credential } from '../../common/credential.ts';
import { UvsError } from '../../common/errors.ts';
import { createAuthority } from '../../common/pki.ts';
import { parseRoot } from '../../common/upd/root.ts';
import { parseCoordinatorConfig } from '../config.ts';
import { layout } from '../layout.ts';
import { embeddedEtcdCertificates, issueWithKey, recordOf } from './certificates.ts';
import { configText, type Addresses, type EtcdText } from './config-text.ts';
import { writeNewDirectory, type NewFiles } from './new-directory.ts';

/** The etcd of a new cluster: started by the coordinator itself, or one that runs, with files to copy. */
export type EtcdWish =
  | { readonly kind: 'embedded'; readonly clientPort: number; readonly peerPort: number }
  | {
      readonly kind: 'external';
      readonly endpoints: readonly string[];
      readonly authority: string;
      readonly certificate: string;
      readonly key: string;
    };

export interface InitWish {
  readonly directory: string;
  readonly cluster: string;
  readonly id: string;
  readonly addresses: Addresses;
  /** Root file that says which keys may sign packages. */
  readonly packageRoot: string;
  readonly etcd: EtcdWish;
  /** For packages and the coordinator's own notes: absolute, or taken from `directory`. */
  readonly dataDir: string;
  readonly nowMs: number;
}

/**
 * Makes a new cluster: its authority, the first coordinator's certificate, the identity for package keys, the first admin's credential, the
 * configuration.
 * @returns what was made, see writeNewDirectory
 * @throws UvsError ALREADY_EXISTS, INVALID_ARGUMENT, NOT_FOUND, CONFIG_INVALID, ROOT_INVALID
 */
export async function initCluster(wish: InitWish): Promise<readonly string[]> {
  const { cluster, id, addresses, dataDir } = wish;
  const packageRoot = await readGiven(wish.packageRoot, 'the package root file');
  parseRoot(packageRoot);
  const { authority, keyPem } = await createAuthority(`UVS ${cluster}`);
  const coordinator = { cluster, kind: 'coordinator', id } as const;
  const admin = { cluster, kind: 'admin', id: 'admin' } as const;
  const own = await issueWithKey(authority, coordinator);
  const first = await issueWithKey(authority, admin);
  const credential: Credential = {
    cluster,
    identity: 'admin/admin',
    coordinators: [addresses.grpc],
    authority: authority.certificatePem,
    certificate: first.pem,
    key: first.keyPem,
  };
  const etcd: EtcdText = wish.etcd;
  const files: NewFiles = {
    [layout.authority]: authority.certificatePem,
    [layout.authorityKey]: keyPem,
    [layout.certificate]: own.pem,
    [layout.key]: own.keyPem,
    [layout.issued]: json([recordOf(coordinator, own, wish.nowMs), recordOf(admin, first, wish.nowMs)]),
    [layout.packageRoot]: packageRoot,
    [layout.packageIdentity]: `${await generateIdentity()}\n`,
    [layout.adminCredential]: json(credential),
    ...(wish.etcd.kind === 'embedded' ? await embeddedEtcdCertificates(cluster) : await externalEtcdFiles(wish.etcd)),
    [layout.config]: checkedConfig(
      // an embedded etcd is one member, with no quorum to keep
      configText({ id, cluster, addresses, dataDir, etcd, hasEtcdGate: etcd.kind === 'external', hasIdentity: true }),
      wish.directory,
    ),
  };
  return await writeNewDirectory(wish.directory, files, layout.config);
}

/** Refuses before anything is written what the coordinator would refuse at its start. */
export function checkedConfig(text: string, directory: string): string {
  parseCoordinatorConfig(text, `${directory}/${layout.config}`);
  return text;
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Reads a file that was named on the command line. @throws UvsError NOT_FOUND */
export async function readGiven(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new UvsError('NOT_FOUND', `${what} ${path} can't be read`, { cause, hint: 'Check the path and its permissions.' });
  }
}

async function externalEtcdFiles(etcd: Extract<EtcdWish, { kind: 'external' }>): Promise<NewFiles> {
  return {
    [layout.etcdAuthority]: await readGiven(etcd.authority, "etcd's authority"),
    [layout.etcdClient]: await readGiven(etcd.certificate, "etcd's client certificate"),
    [layout.etcdClientKey]: await readGiven(etcd.key, "etcd's client key"),
  };
}
