import * as v from 'valibot';
import { acknowledgementRefusal, MAX_ACKNOWLEDGED } from '../common/health-check.ts';

/** The coordinator's TOML file as it is written: names in snake_case, times in seconds, defaults in one place. */

const name = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9._-]{0,62}$/u, 'must be like "ceph-1": a-z, 0-9, dot, dash, underscore, at most 63'),
);
const path = v.pipe(v.string(), v.nonEmpty('must name a file'));
const seconds = (least: number, most: number) =>
  v.pipe(v.number(), v.minValue(least, `must be at least ${least} (seconds)`), v.maxValue(most, `must be at most ${most} (seconds)`));
const count = (least: number, most: number) =>
  v.pipe(
    v.number(),
    v.integer('must be a whole number'),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`),
  );
const port = count(0, 65_535);

const ADDRESS = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[A-Za-z0-9.-]+)):(?<port>\d{1,5})$/u;
const addressText = v.pipe(
  v.string(),
  v.check((text) => {
    const found = ADDRESS.exec(text)?.groups?.['port'];
    return found !== undefined && Number(found) <= 65_535;
  }, 'must be HOST:PORT or [IPv6]:PORT'),
);
const listen = v.pipe(
  addressText,
  v.transform((text) => {
    const groups = ADDRESS.exec(text)?.groups;
    return { host: groups?.['v6'] ?? groups?.['host'] ?? '', port: Number(groups?.['port']) };
  }),
);
const advertise = v.pipe(
  addressText,
  v.check(
    (text) => !/:0+$/u.test(text) && !isWildcard(ADDRESS.exec(text)?.groups?.['v6'] ?? text.split(':')[0] ?? ''),
    'must be an address that others can reach',
  ),
);

const listener = (defaultListen: string) =>
  v.pipe(
    v.strictObject({ listen: v.optional(listen, defaultListen), advertise: v.optional(advertise) }),
    v.check(
      (given) => given.advertise !== undefined || !isWildcard(given.listen.host),
      'listens on every address, so "advertise" must name the one that others reach',
    ),
  );

const etcd = v.variant('kind', [
  v.strictObject({ kind: v.literal('embedded'), client_port: v.optional(port, 0), peer_port: v.optional(port, 0) }),
  v.strictObject({
    kind: v.literal('external'),
    endpoints: v.pipe(
      v.array(v.pipe(v.string(), v.regex(/^https:\/\/[^/\s]+$/u, 'must be https://HOST:PORT'))),
      v.minLength(1, 'must name at least one endpoint'),
      v.maxLength(100),
    ),
    authority: path,
    certificate: path,
    key: path,
  }),
]);

const timings = v.pipe(
  v.strictObject({
    heartbeat_seconds: v.optional(seconds(0.1, 600), 5),
    silent_after_seconds: v.optional(seconds(0.3, 3_600), 20),
    grant_ttl_seconds: v.optional(v.pipe(seconds(2, 3_600), v.integer('must be a whole number')), 60),
    lease_ttl_seconds: v.optional(v.pipe(seconds(2, 600), v.integer('must be a whole number')), 10),
    retry_seconds: v.optional(seconds(0.1, 600), 3),
  }),
  v.forward(
    v.check(
      (given) => given.silent_after_seconds >= 2 * given.heartbeat_seconds,
      'must be at least twice heartbeat_seconds, or one late heartbeat makes a node silent',
    ),
    ['silent_after_seconds'],
  ),
);

/** An agent that asks to begin wants its answer within nine seconds, and the gates are asked inside of that. */
const gateTimeout = (defaultSeconds: number) => v.optional(seconds(0.1, 8), defaultSeconds);
const program = v.pipe(v.string(), v.nonEmpty('must name a program'));
const acknowledged = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.check(
        (code) => acknowledgementRefusal(code) === undefined,
        ({ input }) => acknowledgementRefusal(input) ?? '',
      ),
    ),
  ),
  v.maxLength(MAX_ACKNOWLEDGED),
);
const gate = v.variant('kind', [
  v.strictObject({
    kind: v.literal('command'),
    name,
    argv: v.tupleWithRest([program], v.string()),
    timeout_seconds: gateTimeout(5),
  }),
  v.strictObject({ kind: v.literal('etcd'), name: v.optional(name, 'etcd'), timeout_seconds: gateTimeout(5) }),
  v.strictObject({
    kind: v.literal('ceph'),
    name: v.optional(name, 'ceph'),
    argv: v.optional(v.tupleWithRest([program], v.string()), ['ceph']),
    user: v.optional(v.pipe(v.string(), v.regex(/^client\.[A-Za-z0-9._-]{1,100}$/u, 'must be like "client.uvs"')), 'client.uvs'),
    conf: v.optional(path),
    keyring: v.optional(path),
    acknowledged: v.optional(acknowledged, []),
    soak_seconds: v.optional(seconds(0, 3_600), 10),
    notice_seconds: v.optional(seconds(0, 3_600), 30),
    timeout_seconds: gateTimeout(8),
  }),
]);
const gates = v.pipe(
  v.array(gate),
  v.maxLength(100, 'has too many gates'),
  v.check((given) => new Set(given.map((one) => one.name)).size === given.length, 'has two gates of the same name'),
);

export const configSchema = v.strictObject({
  id: name,
  cluster: name,
  node: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/u, 'must be the host name of a node'))),
  data_dir: v.optional(path, '/var/lib/uvs-coordinator'),
  staging_limit: v.optional(count(1, 10_000), 64),
  grpc: v.optional(listener('127.0.0.1:7443'), {}),
  https: v.optional(listener('127.0.0.1:7444'), {}),
  metrics: v.optional(v.strictObject({ listen: v.optional(listen, '127.0.0.1:9743') }), {}),
  certificates: v.strictObject({ authority: path, authority_key: path, certificate: path, key: path }),
  packages: v.strictObject({
    root: path,
    identity: v.optional(path),
    serve_bytes_per_second: v.optional(count(65_536, Number.MAX_SAFE_INTEGER)),
  }),
  etcd,
  timings: v.optional(timings, {}),
  gate: v.optional(gates, []),
  log: v.optional(v.strictObject({ level: v.optional(v.picklist(['debug', 'info', 'warn', 'error']), 'info') }), {}),
});

export type ParsedConfig = v.InferOutput<typeof configSchema>;

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || /^[0:]+$/u.test(host);
}
