import { readFile, stat } from 'node:fs/promises';
import * as v from 'valibot';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { coordinatorAddressSchema, type Credential } from '../../common/credential.ts';

/** More than any cluster has; what is beyond is not kept. */
const MOST_ADDRESSES = 64;
const MAX_FILE_BYTES = 64 * 1024;

const fileSchema = v.strictObject({
  cluster: v.string(),
  coordinators: v.pipe(v.array(coordinatorAddressSchema), v.maxLength(MOST_ADDRESSES)),
});

/**
 * Where the coordinators are: as the credential says, then as the cluster itself said last, which is kept in a file beside the credential. It
 * names places to ask and nothing else: whoever answers there has to show the certificate of a coordinator of the credential's cluster, so a
 * file that somebody has changed can only lead to where nobody is believed. A file that can't be read or written is done without.
 */
export class CoordinatorAddresses {
  readonly #credential: Credential;
  readonly #path: string;
  #learned: readonly string[];

  private constructor(credential: Credential, path: string, learned: readonly string[]) {
    this.#credential = credential;
    this.#path = path;
    this.#learned = learned;
  }

  /** Reads what was kept beside the credential. */
  static async open(credential: Credential, credentialPath: string): Promise<CoordinatorAddresses> {
    const path = `${credentialPath}.coordinators`;
    return new CoordinatorAddresses(credential, path, await readAddresses(path, credential.cluster));
  }

  /** Those of the credential first. */
  all(): readonly string[] {
    return [...new Set([...this.#credential.coordinators, ...this.#learned])];
  }

  /** Takes what the cluster says, in place of what it said before, and keeps it where it is something else. */
  async learn(told: readonly string[]): Promise<void> {
    const learned = [...new Set(told)].filter((address) => v.is(coordinatorAddressSchema, address)).slice(0, MOST_ADDRESSES);
    if (learned.length === 0 || sameAddresses(learned, this.#learned)) return;
    this.#learned = learned;
    const content = `${JSON.stringify({ cluster: this.#credential.cluster, coordinators: learned }, undefined, 2)}\n`;
    await writeFileAtomically(this.#path, content, 0o600).catch(() => undefined);
  }
}

async function readAddresses(path: string, cluster: string): Promise<readonly string[]> {
  try {
    if ((await stat(path)).size > MAX_FILE_BYTES) return [];
    const kept = v.parse(fileSchema, JSON.parse(await readFile(path, 'utf8')));
    return kept.cluster === cluster ? kept.coordinators : [];
  } catch {
    return [];
  }
}

function sameAddresses(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((address) => other.includes(address));
}
