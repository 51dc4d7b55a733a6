import * as v from 'valibot';
import { MAX_UNIT_PATTERNS, unitPattern } from '../unit-pattern.ts';
import { isVersion } from '../version.ts';
import { MAX_SEGMENT_BYTES, type Manifest } from './manifest.ts';
import { comparePaths, pathProblem } from './paths.ts';
import { productName } from './root.ts';
import { integerIn, isCanonicalBase64, recordOf, sha256Hex } from './shape.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const MAX_U32 = 2 ** 32 - 1;

const name = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected a name of a-z, 0-9 and "-", at most 64'));
/** Versions and identifiers of others: shown and compared for equality only. */
const token = v.pipe(
  v.string(),
  v.regex(/^[0-9A-Za-z][0-9A-Za-z.+~:^_-]{0,127}$/, 'expected letters, digits and . + ~ : ^ _ -, at most 128'),
);
const tokens = v.pipe(
  v.array(token),
  v.maxLength(256),
  v.check((list) => new Set(list).size === list.length, 'a value stands twice'),
);
const NUL = '\0';
/** XATTR_SIZE_MAX of Linux. */
const MAX_XATTR_BYTES = 64 * 1024;
const MAX_XATTR_BASE64 = Math.ceil(MAX_XATTR_BYTES / 3) * 4;

const extents = v.array(
  v.strictObject({ segment: integerIn(0, MAX_U32), offset: integerIn(0, MAX_SEGMENT_BYTES), length: integerIn(1, MAX_SEGMENT_BYTES) }),
);
const content = { size: integerIn(0, MAX), sha256: sha256Hex, extents };

const path = v.pipe(
  v.string(),
  v.check(
    (text) => pathProblem(text) === undefined,
    ({ input }) => `the path ${JSON.stringify(input.slice(0, 200))} ${pathProblem(input) ?? ''}`,
  ),
);
const xattrs = recordOf(
  v.pipe(v.string(), v.regex(/^(?:user|security|system|trusted)\.[\x21-\x7e]{1,240}$/, 'expected the name of an extended attribute')),
  v.pipe(
    v.string(),
    v.check((text) => text.length <= MAX_XATTR_BASE64 && Buffer.byteLength(text, 'base64') <= MAX_XATTR_BYTES, 'it is longer than 64 KiB'),
    v.check(isCanonicalBase64, 'expected canonical base64'),
  ),
);
const mode = integerIn(0, 0o7777);
const owner = { uid: integerIn(0, MAX_U32 - 1), gid: integerIn(0, MAX_U32 - 1) };
const put = { path, op: v.literal('put'), ...owner, xattrs };

const putFile = v.strictObject({
  ...put,
  type: v.literal('file'),
  mode,
  ...content,
  config: v.picklist(['replace', 'keep', 'new-beside']),
  linkGroup: integerIn(0, MAX_U32),
  delta: v.exactOptional(v.strictObject({ kind: name, baseSha256: sha256Hex, extents })),
});
const putSymlink = v.strictObject({
  ...put,
  type: v.literal('symlink'),
  mode: v.literal(0o777),
  link: v.pipe(
    v.string(),
    v.minLength(1),
    v.maxBytes(4095),
    v.check((text) => !text.includes(NUL), 'it holds a NUL'),
  ),
});
const putDirectory = v.strictObject({ ...put, type: v.literal('directory'), mode });
const removePath = v.strictObject({ path, op: v.literal('remove') });
const file = v.variant('op', [v.variant('type', [putFile, putSymlink, putDirectory]), removePath]);

const packageName = { manager: v.picklist(['rpm', 'deb']), name: token, version: token, arch: token };
const packageEntry = v.variant('op', [
  v.strictObject({ op: v.literal('install'), ...packageName, ...content }),
  v.strictObject({ op: v.literal('remove'), ...packageName }),
]);

const task = v.strictObject({
  stage: v.picklist(['pre', 'post', 'cleanup']),
  name,
  ...content,
  args: v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.maxBytes(4096),
        v.check((text) => !text.includes(NUL), 'it holds a NUL'),
      ),
    ),
    v.maxLength(256),
  ),
  timeoutSeconds: integerIn(1, 86_400),
  idempotent: v.boolean(),
});

/** systemd.unit(5); services and whatever else may be stopped and started. */
const unit = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9:_.\\][A-Za-z0-9:_.\\@-]{0,239}\.(?:service|socket|target|timer|path|mount|automount|slice|swap)$/,
    'expected the name of a systemd unit with its type, e.g. "ceph-osd@3.service"',
  ),
);

const unitPatternText = v.pipe(
  v.string(),
  v.check(
    (text) => unitPattern(text) === text,
    'expected the full name of a unit, or a pattern of Ceph\'s instances, e.g. "ceph-osd@*.service"',
  ),
);
/** Also as an agent keeps it of what is installed. */
export const barrierSchema = v.strictObject({
  sentence: v.pipe(v.string(), v.regex(/^[^\p{Cc}]{1,500}$/u, 'expected one line of at most 500 characters')),
  once: v.exactOptional(
    v.union(
      [
        v.strictObject({ path }),
        v.strictObject({ units: v.pipe(v.array(unitPatternText), v.minLength(1), v.maxLength(MAX_UNIT_PATTERNS), v.readonly()) }),
      ],
      'expected a path, or units',
    ),
  ),
});

/** Every field of a manifest by itself; what fields demand of each other is in manifest-rules.ts. */
export const manifestSchema = v.strictObject({
  format: v.literal(1),
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'expected 32 lower-case hexadecimal digits')),
  product: productName,
  version: token,
  components: v.pipe(
    recordOf(name, v.strictObject({ epoch: integerIn(0, 2 ** 31), releaseSeq: integerIn(1, MAX) })),
    v.minEntries(1),
    v.maxEntries(256),
  ),
  minAgent: v.pipe(v.string(), v.check(isVersion, 'expected a version like 2.14.17')),
  target: v.strictObject({
    distro: v.union([v.literal(''), token]),
    distroVersions: tokens,
    archs: tokens,
    boards: tokens,
    roles: tokens,
  }),
  kind: v.picklist(['full', 'partial']),
  base: v.exactOptional(sha256Hex),
  requires: v.pipe(v.array(sha256Hex), v.maxLength(1024)),
  encryption: v.exactOptional(v.strictObject({ cipher: v.literal('AES-256-GCM'), keyCommitment: sha256Hex })),
  segments: v.array(
    v.strictObject({
      offset: integerIn(0, MAX),
      length: integerIn(1, MAX_SEGMENT_BYTES),
      sha256: sha256Hex,
      plainLength: integerIn(1, MAX_SEGMENT_BYTES),
    }),
  ),
  files: v.array(file),
  packages: v.array(packageEntry),
  tasks: v.pipe(v.array(task), v.maxLength(256)),
  services: v.pipe(
    v.array(unit),
    v.maxLength(1024),
    v.check((list) => new Set(list).size === list.length, 'a unit stands twice'),
  ),
  reboot: v.boolean(),
  spaceBytes: integerIn(0, MAX),
  brings: v.pipe(recordOf(name, token), v.maxEntries(256)),
  privileged: v.exactOptional(
    v.pipe(
      v.array(path),
      v.minLength(1),
      v.check(
        (list) => list.every((one, index) => index === 0 || comparePaths(list[index - 1] ?? '', one) < 0),
        'expected paths in the order of their bytes, each once',
      ),
    ),
  ),
  barrier: v.exactOptional(barrierSchema),
}) satisfies v.GenericSchema<unknown, Manifest>;
