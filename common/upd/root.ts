import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { UvsError } from '../errors.ts';
import { keyIdOf, type PublicKey, type Signature } from './keys.ts';
import { base64Bytes, integerIn, parseShape } from './shape.ts';
import { encodeSignatures, keysThatSigned, signatureList, type Role } from './signatures.ts';
import { parseStrictJson } from './strict-json.ts';

/** Who may sign packages: `vendor` its maker's, `site` an operator's own. The `root` role signs the next root file. */
export type PackageRole = 'vendor' | 'site';

export interface PackageRoleRules extends Role {
  /** Products that packages signed by this role may name. */
  readonly products: readonly string[];
}

/** Says whose signatures count; agents and coordinators hold one and follow the chain from it. */
export interface Root {
  readonly format: 1;
  /** Rises by exactly one with each root file of a chain. */
  readonly version: number;
  readonly root: Role;
  readonly vendor: PackageRoleRules;
  readonly site?: PackageRoleRules;
}

/** A root that is trusted: pinned by its hash, or reached by a verified chain. Persist `bytes`. */
export interface TrustedRoot {
  readonly root: Root;
  readonly bytes: Uint8Array;
  /** sha256 (hex) of `bytes`. */
  readonly sha256: string;
}

/** A root file with its signatures, as a chain carries it. */
export interface SignedRoot {
  readonly bytes: Uint8Array;
  readonly signatures: readonly Signature[];
}

const MAX_KEYS = 32;

const keys = v.pipe(
  v.array(
    v.pipe(
      base64Bytes(32),
      v.transform((raw): PublicKey => ({ keyId: keyIdOf(raw), raw })),
    ),
  ),
  v.minLength(1),
  v.maxLength(MAX_KEYS),
  v.check((list) => new Set(list.map(({ keyId }) => keyId)).size === list.length, 'a key stands twice'),
);
/** A product's name. */
export const productName = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected a name of a-z, 0-9 and "-", at most 64'));
const products = v.pipe(
  v.array(productName),
  v.minLength(1),
  v.maxLength(256),
  v.check((list) => new Set(list).size === list.length, 'a product stands twice'),
);
const threshold = integerIn(1, MAX_KEYS);
const TOO_FEW_KEYS = 'the threshold is above the number of keys';
const rootRole = v.pipe(
  v.strictObject({ keys, threshold }),
  v.check((role) => role.threshold <= role.keys.length, TOO_FEW_KEYS),
);
const packageRole = v.pipe(
  v.strictObject({ keys, threshold, products }),
  v.check((role) => role.threshold <= role.keys.length, TOO_FEW_KEYS),
);
const rootSchema = v.strictObject({
  format: v.literal(1),
  version: integerIn(1, 2 ** 31),
  root: rootRole,
  vendor: packageRole,
  site: v.exactOptional(packageRole),
}) satisfies v.GenericSchema<unknown, Root>;

const chainSchema = v.array(v.strictObject({ root: base64Bytes(), signatures: signatureList }));

/** Parses a root file. Whether it is the right one is the caller's to know, by `sha256`. @throws UvsError ROOT_INVALID */
export function parseRoot(bytes: Uint8Array): TrustedRoot {
  const root = parse(rootSchema, bytes, 'the root file');
  return { root, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Writes a root file; the bytes are what is pinned and signed. */
export function encodeRoot(root: Root): Uint8Array {
  const role = ({ keys: list, threshold: count }: Role) => ({
    keys: list.map(({ raw }) => Buffer.from(raw).toString('base64')),
    threshold: count,
  });
  const packages = (rules: PackageRoleRules) => ({ ...role(rules), products: rules.products });
  const json = {
    format: root.format,
    version: root.version,
    root: role(root.root),
    vendor: packages(root.vendor),
    ...(root.site === undefined ? {} : { site: packages(root.site) }),
  };
  return Buffer.from(`${JSON.stringify(json, undefined, 2)}\n`);
}

/** Writes a chain as a package holds it; an empty one is no bytes. */
export function encodeRootChain(chain: readonly SignedRoot[]): Uint8Array {
  if (chain.length === 0) return Buffer.alloc(0);
  const json = chain.map(({ bytes, signatures }) => ({
    root: Buffer.from(bytes).toString('base64'),
    signatures: encodeSignatures(signatures),
  }));
  return Buffer.from(JSON.stringify(json));
}

/**
 * Follows a package's chain of root files from a trusted root to the newest one, which may be the trusted one itself.
 * Every link is signed by the threshold of root keys of its predecessor and of its own; versions have no gap. Links up to the trusted
 * version are not needed; the one of the same version must be the trusted file itself.
 * @throws UvsError ROOT_INVALID
 */
export function verifyRootChain(trusted: TrustedRoot, chain: Uint8Array): TrustedRoot {
  let newest = trusted;
  let previousVersion: number | undefined;
  for (const link of parseRootChain(chain)) {
    const next = parseRoot(link.bytes);
    const { version } = next.root;
    if (previousVersion !== undefined && version !== previousVersion + 1) {
      throw invalid(`The root chain goes from version ${previousVersion} to ${version}; each must be one above the last.`);
    }
    previousVersion = version;
    if (version < trusted.root.version) continue;
    if (version === trusted.root.version) {
      if (next.sha256 !== trusted.sha256) {
        throw invalid(
          `The root chain has another root file of version ${version} (${next.sha256}) than the trusted one (${trusted.sha256}).`,
        );
      }
      continue;
    }
    if (version !== newest.root.version + 1) {
      throw invalid(`The root chain begins at version ${version}, which does not follow the trusted version ${newest.root.version}.`);
    }
    demandThreshold(link, version, newest.root.root, `version ${newest.root.version}`);
    demandThreshold(link, version, next.root.root, 'its own version');
    newest = next;
  }
  return newest;
}

/** Reads a chain without judging it. @throws UvsError ROOT_INVALID */
export function parseRootChain(chain: Uint8Array): readonly SignedRoot[] {
  if (chain.length === 0) return [];
  return parse(chainSchema, chain, 'the root chain').map(({ root, signatures }) => ({ bytes: root, signatures }));
}

/** Whoever reads a package, a chain or a root file comes here, so that the hint speaks of each. */
function parse<T>(schema: v.GenericSchema<unknown, T>, bytes: Uint8Array, what: 'the root file' | 'the root chain'): T {
  try {
    const json = parseStrictJson(bytes, what, { reason: 'ROOT_INVALID' });
    return parseShape(schema, json, what === 'the root file' ? 'The root file' : 'The root chain', 'ROOT_INVALID');
  } catch (error) {
    if (!(error instanceof UvsError)) throw error;
    throw new UvsError(error.reason, error.message, { hint: DAMAGED_OR_BADLY_MADE, details: error.details, cause: error });
  }
}

const DAMAGED_OR_BADLY_MADE =
  'What it was read from, a package or a file, was damaged on its way, is badly made, or is another one than you mean: get it again, and compare its sha256 with what "upd build" (as Digest) or "upd root" told its maker.';

function demandThreshold(link: SignedRoot, version: number, role: Role, whose: string): void {
  const signed = keysThatSigned('root', link.bytes, link.signatures, role, `root file version ${version}`);
  if (signed.length < role.threshold) {
    throw new UvsError(
      'ROOT_INVALID',
      `Root file version ${version} is signed by ${signed.length} of the ${role.threshold} root keys that ${whose} demands.`,
      {
        hint: 'Where it is a draft, have it signed: "upd root sign FILE --key KEY --root ROOT_FILE" ("upd root show FILE" says who is still missing). Else it comes from somebody else.',
      },
    );
  }
}

function invalid(message: string): UvsError {
  return new UvsError('ROOT_INVALID', message, { hint: 'The package comes from somebody else, or a root file is missing in between.' });
}
