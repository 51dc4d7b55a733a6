import { UvsError } from '../errors.ts';
import type { PackageSource } from './source.ts';

/** First bytes of every package of this format. */
export const MAGIC = Buffer.from('UVSUPD1\n', 'latin1');

/** The parts before the segments, in their order in the file, with the most bytes that each may have. */
export const PART_CAPS = {
  signatures: 64 * 1024,
  rootChain: 256 * 1024,
  recipients: 1024 * 1024,
  manifest: 16 * 1024 * 1024,
} as const;

export type PartName = keyof typeof PART_CAPS;

/** Everything before the segments, as it stands in the file. */
export type Parts = Readonly<Record<PartName, Uint8Array>> & { readonly segmentsOffset: number };

const LENGTH_BYTES = 4;
const MAGIC_FAMILY = /^UVSUPD[2-9]\n$/;

const PART_TITLES: Readonly<Record<PartName, string>> = {
  signatures: 'the signatures',
  rootChain: 'the root chain',
  recipients: 'the recipients',
  manifest: 'the manifest',
};

/** Reads a package's parts one by one, each length checked against its cap and the file's size before anything is allocated. */
export class PartReader {
  readonly #source: PackageSource;
  readonly #signal: AbortSignal;
  #offset = 0;
  #ahead: Uint8Array = Buffer.alloc(0);

  constructor(source: PackageSource, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
  }

  /** Offset of what is read next. */
  get offset(): number {
    return this.#offset;
  }

  /** @throws UvsError PACKAGE_MALFORMED (no package), PACKAGE_FORMAT_TOO_NEW, PACKAGE_TRUNCATED */
  async magic(): Promise<void> {
    const { sizeBytes } = this.#source;
    // a file that ends within the magic is a package only if it began as one
    if (
      sizeBytes > 0 &&
      sizeBytes < MAGIC.length &&
      !MAGIC.subarray(0, sizeBytes).equals(await this.#source.read(0, sizeBytes, this.#signal))
    )
      throw noPackage();
    const magic = Buffer.from(await this.#take(MAGIC.length, 'the magic'));
    if (magic.equals(MAGIC)) return;
    if (MAGIC_FAMILY.test(magic.toString('latin1'))) {
      throw new UvsError(
        'PACKAGE_FORMAT_TOO_NEW',
        `The package has format ${magic.toString('latin1', 6, 7)}; this program reads format 1.`,
        {
          hint: 'Update the program first; if it is the newest, the file is damaged: get it again.',
        },
      );
    }
    throw noPackage();
  }

  /** @throws UvsError PACKAGE_MALFORMED (above the cap), PACKAGE_TRUNCATED */
  async part(name: PartName): Promise<Uint8Array> {
    const title = PART_TITLES[name];
    const length = Buffer.from(await this.#take(LENGTH_BYTES, `the length of ${title}`)).readUInt32BE();
    if (length > PART_CAPS[name]) {
      throw new UvsError(
        'PACKAGE_MALFORMED',
        `The package says that ${title} have ${length} bytes; at most ${PART_CAPS[name]} are allowed.`,
      );
    }
    return this.#take(length, title);
  }

  async #take(length: number, what: string): Promise<Uint8Array> {
    if (this.#offset + length > this.#source.sizeBytes) {
      throw new UvsError('PACKAGE_TRUNCATED', `The package ends at byte ${this.#source.sizeBytes}, inside ${what}.`, {
        hint: 'Copy or download the package again.',
      });
    }
    if (this.#ahead.length < length) await this.#readAhead(length);
    const taken = this.#ahead.subarray(0, length);
    this.#ahead = this.#ahead.subarray(length);
    this.#offset += length;
    return taken;
  }

  /** One read serves the small parts together: over a network each read is a round trip. */
  async #readAhead(length: number): Promise<void> {
    const from = this.#offset + this.#ahead.length;
    const wanted = Math.min(Math.max(length, READ_AHEAD_BYTES) - this.#ahead.length, this.#source.sizeBytes - from);
    const more = await this.#source.read(from, wanted, this.#signal);
    this.#ahead = this.#ahead.length === 0 ? more : Buffer.concat([this.#ahead, more]);
  }
}

function noPackage(): UvsError {
  return new UvsError('PACKAGE_MALFORMED', 'The file is no .upd package, or damaged: it does not begin with "UVSUPD1".', {
    hint: 'Check that it is the right file, and get it again, in binary.',
  });
}

const READ_AHEAD_BYTES = 16 * 1024;

/** Reads all parts without judging their contents, for showing a package that nobody has verified. */
export async function readParts(source: PackageSource, signal: AbortSignal): Promise<Parts> {
  const reader = new PartReader(source, signal);
  await reader.magic();
  const signatures = await reader.part('signatures');
  const rootChain = await reader.part('rootChain');
  const recipients = await reader.part('recipients');
  const manifest = await reader.part('manifest');
  return { signatures, rootChain, recipients, manifest, segmentsOffset: reader.offset };
}

/** Writes everything before the segments. @throws UvsError PACKAGE_MALFORMED where a part is above its cap */
export function encodeParts(parts: Readonly<Record<PartName, Uint8Array>>): Buffer {
  const names = ['signatures', 'rootChain', 'recipients', 'manifest'] as const satisfies readonly PartName[];
  const chunks: Uint8Array[] = [MAGIC];
  for (const name of names) {
    const part = parts[name];
    if (part.length > PART_CAPS[name]) {
      throw new UvsError('PACKAGE_MALFORMED', `The part "${name}" has ${part.length} bytes; at most ${PART_CAPS[name]} are allowed.`, {
        hint: name === 'manifest' ? 'Put fewer files into one package.' : `Shorten ${PART_TITLES[name]}.`,
      });
    }
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(part.length);
    chunks.push(length, part);
  }
  return Buffer.concat(chunks);
}
