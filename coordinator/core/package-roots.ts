import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { followChain, givenRoot, type KnownRoot } from '../../common/upd/root-join.ts';
import { parseRoot, parseRootChain, type Root, type TrustedRoot } from '../../common/upd/root.ts';
import type { Actor, PackageRootCore } from '../core.ts';
import type { Etcd, KeyValue } from '../etcd/port.ts';
import { RelistingWatch } from '../etcd/relisting-watch.ts';
import { keys } from '../state/keys.ts';
import { parseRecord } from '../state/parse.ts';
import type { RecordChange } from '../state/record-change.ts';
import { packageRootSchema } from '../state/records.ts';
import { inDiskTime } from './in-disk-time.ts';
import type { Leading } from './leading.ts';

/** Where a coordinator keeps the chain; on its own disk, because an etcd that was put back has forgotten what was revoked since. */
export interface PackageRootStore {
  read(): Promise<Uint8Array | undefined>;
  write(chain: Uint8Array): Promise<void>;
}

export interface PackageRootOptions {
  /** The root file of the configuration. */
  readonly given: TrustedRoot;
  readonly store: PackageRootStore;
}

/**
 * Whose signatures on packages count, which every coordinator follows. What etcd says is proof of nothing: each coordinator follows the chain itself, from
 * the newest root file that it knows, and never goes back.
 */
export class PackageRoots implements PackageRootCore, Disposable {
  readonly #etcd: Etcd;
  readonly #leading: () => Leading;
  readonly #store: PackageRootStore;
  readonly #given: TrustedRoot;
  readonly #ownId: string;
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();
  readonly #first = Promise.withResolvers<void>();
  #known: KnownRoot;
  #stored: KnownRoot;
  #writing: Promise<void> = Promise.resolve();
  #watch: RelistingWatch | undefined;

  constructor(
    etcd: Etcd,
    requireLeading: () => Leading,
    { given, store, ownId }: PackageRootOptions & { readonly ownId: string },
    log: Logger,
  ) {
    this.#given = given;
    this.#ownId = ownId;
    this.#etcd = etcd;
    this.#leading = requireLeading;
    this.#store = store;
    this.#log = log;
    this.#known = givenRoot(given);
    this.#stored = this.#known;
  }

  /** Resolves once the chain was read, from the disk and from etcd: no package may be judged before. */
  async open(onTrouble: (error: Error) => void): Promise<void> {
    const stored = await this.#store.read();
    if (stored !== undefined) this.#known = followChain(this.#known, stored);
    this.#stored = this.#known;
    this.#watch = new RelistingWatch(
      this.#etcd,
      keys.packageRoot,
      ({ entries }) => {
        this.#take(entries.get(keys.packageRoot));
        this.#first.resolve();
      },
      onTrouble,
    );
    await this.#first.promise;
  }

  current(): KnownRoot {
    return this.#known;
  }

  follow(chain: Uint8Array): KnownRoot {
    const [wanted, before] = [newestOf(chain), this.#known];
    const after = followChain(before, chain);
    if (after.trusted.sha256 !== wanted.sha256) throw older(wanted.root, before.trusted.root);
    return after;
  }

  async raise(chain: Uint8Array, reason: string, actor: Actor, requestId: string): Promise<KnownRoot> {
    this.#leading();
    const wanted = newestOf(chain);
    if (wanted.sha256 === this.#known.trusted.sha256) {
      await this.#demandWritten();
      return this.#known;
    }
    const content = { sha256: wanted.sha256, reason };
    await this.#leading().requests.perform({ actor, action: 'package-root.raise', content, requestId }, async () => {
      const entry = await this.#etcd.get(keys.packageRoot);
      this.#take(entry);
      const before = this.#known;
      const after = this.follow(chain);
      return {
        compares: [{ on: 'mod', key: keys.packageRoot, equals: entry?.modRevision ?? 0 }],
        changes: [toChange(after)],
        audit: { resource: 'packageRoot', message: `${describeStep(before.trusted.root, after.trusted.root)}: ${reason}` },
        result: after.trusted.sha256,
      };
    });
    // whoever asked may rely on it at once, here; the others follow by their watch
    this.#take(await this.#etcd.get(keys.packageRoot));
    await this.#demandWritten();
    return this.#known;
  }

  /** Writes into etcd what it has forgotten of the chain that this coordinator knows: it was put back, or the configuration has a newer root file. */
  async restore(): Promise<void> {
    await this.#leading().ledger.commit<void>(async () => {
      const entry = await this.#etcd.get(keys.packageRoot);
      const there = entry === undefined ? 0 : parseRecord(packageRootSchema, entry).version;
      const { version } = this.#known.trusted.root;
      const isFirst = entry === undefined && parseRootChain(this.#known.chain).length === 1;
      if (isFirst || version <= there) return { nothing: true, result: undefined };
      return {
        compares: [{ on: 'mod', key: keys.packageRoot, equals: entry?.modRevision ?? 0 }],
        changes: [toChange(this.#known)],
        audit: {
          actor: `coordinator/${this.#ownId}`,
          action: 'package-root.restore',
          resource: 'packageRoot',
          message: `version ${version}; etcd had ${there === 0 ? 'none' : `version ${there}`}: ${this.#whyRestored(there)}`,
        },
        result: undefined,
      };
    });
  }

  /** Where this coordinator has from what etcd lacks: whoever reads the audit log asks whether somebody has done it. */
  #whyRestored(there: number): string {
    const { trusted, firstVersion } = this.#known;
    if (trusted.sha256 !== this.#given.sha256) return 'etcd was put back or emptied, and the chain is on the disk of this coordinator';
    const anew = there > 0 && there < firstVersion ? ', which began anew' : '';
    return `it is in the configuration of this coordinator ([packages] root)${anew}`;
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
  }

  #take(entry: KeyValue | undefined): void {
    if (entry === undefined) return;
    let after: KnownRoot;
    try {
      after = followChain(this.#known, Buffer.from(parseRecord(packageRootSchema, entry).chain, 'base64'));
    } catch (error) {
      const err = toUvsError(error);
      this.#log.error(
        { err, version: this.#known.trusted.root.version },
        'the root file for packages in etcd does not follow from the one known here',
      );
      return;
    }
    if (after === this.#known) return;
    this.#known = after;
    this.#log.info(
      { version: after.trusted.root.version, sha256: after.trusted.sha256 },
      'another root file says whose packages are taken',
    );
    this.#writing = this.#write(this.#writing);
    for (const listener of this.#listeners) listener();
  }

  /** @throws DISK_FAILED */
  async #demandWritten(): Promise<void> {
    await inDiskTime(this.#writing);
    if (this.#stored === this.#known) return;
    this.#writing = this.#write(this.#writing);
    await inDiskTime(this.#writing);
    if (this.#stored === this.#known) return;
    throw new UvsError('DISK_FAILED', 'the root file counts, but this coordinator could not keep that on its disk', {
      hint: 'See to its disk (df, dmesg), then give the root file again: an etcd that is put back forgets it.',
    });
  }

  async #write(before: Promise<void>): Promise<void> {
    await before;
    const known = this.#known;
    try {
      await this.#store.write(known.chain);
      this.#stored = known;
    } catch (err) {
      this.#log.error({ err }, 'the chain of root files could not be written: after a restart it is what etcd says');
    }
  }
}

function toChange({ trusted, chain }: KnownRoot): RecordChange {
  return {
    of: 'package-root',
    record: { version: trusted.root.version, sha256: trusted.sha256, chain: Buffer.from(chain).toString('base64') },
  };
}

/** What a chain ends with, which says nothing of whether it may be believed. @throws UvsError ROOT_INVALID */
function newestOf(chain: Uint8Array): TrustedRoot {
  const last = parseRootChain(chain).at(-1);
  if (last !== undefined) return parseRoot(last.bytes);
  throw new UvsError('ROOT_INVALID', 'the chain of root files is empty', { hint: 'Bring the file that "upd root sign" has completed.' });
}

function older({ version }: Root, known: Root): UvsError {
  return new UvsError('ROOT_INVALID', `root file version ${version} does not follow version ${known.version}, which this cluster has`, {
    hint: 'A cluster never goes back to an older root file: see "uvsctl package-root show".',
  });
}

/** For the audit log: which keys come and go. */
function describeStep(before: Root, after: Root): string {
  const of = ({ root, vendor, site }: Root): ReadonlySet<string> =>
    new Set([...root.keys, ...vendor.keys, ...(site?.keys ?? [])].map(({ keyId }) => keyId));
  const [had, has] = [of(before), of(after)];
  const list = (ids: readonly string[]): string => ids.map((id) => id.slice(0, 16)).join(', ');
  const gone = list([...had].filter((id) => !has.has(id)));
  const come = list([...has].filter((id) => !had.has(id)));
  const changes = `${gone === '' ? '' : `, without ${gone}`}${come === '' ? '' : `, with ${come}`}`;
  return `version ${after.version} after ${before.version}${changes}`;
}
