import { readFile } from 'node:fs/promises';
import t from 'tap';
import { parseCoordinatorConfig, readCoordinatorConfig } from '../../coordinator/config.ts';
import { errorOf } from '../support/failure.ts';

const examplePath = new URL('../../packaging/coordinator.example.toml', import.meta.url).pathname;
const example = await readFile(examplePath, 'utf8');

void t.test('the documented example is a configuration', async (t) => {
  const config = await readCoordinatorConfig(examplePath);
  t.match(config, {
    id: 'c1',
    grpc: { listen: { host: '0.0.0.0', port: 7443 }, advertise: '10.0.0.11:7443' },
    metrics: { host: '127.0.0.1', port: 9743 },
    etcd: { kind: 'external', endpoints: ['https://10.0.0.11:2379', 'https://10.0.0.12:2379', 'https://10.0.0.13:2379'] },
    timings: { heartbeatMs: 5_000, silentAfterMs: 20_000, grantTtlMs: 60_000, leaseTtlMs: 10_000, retryMs: 3_000 },
    gates: [
      { kind: 'etcd', name: 'etcd', timeoutMs: 5_000 },
      { kind: 'command', name: 'maintenance', argv: ['/usr/local/sbin/may-disturb', '--quiet'], timeoutMs: 8_000 },
      {
        kind: 'ceph',
        name: 'ceph',
        argv: ['ceph'],
        user: 'client.uvs',
        conf: undefined,
        keyring: undefined,
        acknowledged: { length: 0 },
        soakMs: 10_000,
        noticeMs: 30_000,
        timeoutMs: 8_000,
      },
    ],
  });
});

const least = `
  id = "c1"
  cluster = "ceph-1"
  certificates = { authority = "a.pem", authority_key = "a.key", certificate = "c.pem", key = "/keys/c.key" }
  packages = { root = "root.json" }
  etcd = { kind = "embedded" }
`;

void t.test('what is left out has the values that the example documents', async (t) => {
  const config = parseCoordinatorConfig(least, '/etc/uvs/coordinator.toml');
  const documented = await readCoordinatorConfig(examplePath);
  t.strictSame(config.timings, documented.timings);
  t.equal(config.stagingLimit, documented.stagingLimit);
  t.equal(config.dataDir, documented.dataDir);
  t.strictSame(config.metrics, documented.metrics);
  t.match(config, {
    etcd: { kind: 'embedded', clientPort: 0, peerPort: 0 },
    gates: { length: 0 },
    packages: { identity: undefined, serveBytesPerSecond: undefined },
  });
  t.equal(config.grpc.listen.host, '127.0.0.1');
  const { gates } = parseCoordinatorConfig(`${least}\n[[gate]]\nkind = "ceph"\n`, '/etc/uvs/coordinator.toml');
  t.strictSame(gates, documented.gates.slice(2));
});

void t.test('relative paths start at the folder of the file', async (t) => {
  const { certificates } = parseCoordinatorConfig(least, '/etc/uvs/coordinator.toml');
  t.equal(certificates.authority, '/etc/uvs/a.pem');
  t.equal(certificates.key, '/keys/c.key');
  const ceph = `${least}\n[[gate]]\nkind = "ceph"\nconf = "ceph.conf"\nkeyring = "/etc/ceph/k"\n`;
  t.match(parseCoordinatorConfig(ceph, '/etc/uvs/coordinator.toml').gates, [{ conf: '/etc/uvs/ceph.conf', keyring: '/etc/ceph/k' }]);
});

void t.test('packages are sent at a limited rate where one is set', (t) => {
  const limited = example.replace('# serve_bytes_per_second', 'serve_bytes_per_second');
  t.equal(parseCoordinatorConfig(limited, examplePath).packages.serveBytesPerSecond, 40_000_000);
  t.end();
});

const mistakes: readonly (readonly [what: string, replaced: string, by: string, message: RegExp])[] = [
  ['an unknown key', '[timings]', '[timings]\nhartbeat_seconds = 5', /unknown key 'timings\.hartbeat_seconds'/],
  ['an unknown table', '[timings]', '[timing]', /unknown key 'timing'/],
  ['a missing key', 'id = "c1"', '', /'id' is missing/],
  ['an embedded etcd with endpoints', 'kind = "external"', 'kind = "embedded"', /unknown key 'etcd\./],
  ['an etcd of another kind', 'kind = "external"', 'kind = "zookeeper"', /etcd\.kind/],
  ['an endpoint without TLS', '"https://10.0.0.11:2379"', '"http://10.0.0.11:2379"', /etcd\.endpoints\.0/],
  ['no endpoint', '["https://10.0.0.11:2379", "https://10.0.0.12:2379", "https://10.0.0.13:2379"]', '[]', /etcd\.endpoints/],
  ['an address without a port', '"0.0.0.0:7443"', '"0.0.0.0"', /grpc\.listen/],
  [
    'a rate that no agent could live with',
    'root = "package-root.json"',
    'root = "r"\nserve_bytes_per_second = 65_535',
    /packages\.serve_bytes/,
  ],
  ['a port that is none', '"0.0.0.0:7443"', '"0.0.0.0:70000"', /grpc\.listen/],
  ['every address without one to advertise', 'advertise = "10.0.0.11:7443"', '', /advertise/],
  ['an advertised address that leads nowhere', '"10.0.0.11:7443"', '"[::]:7443"', /grpc\.advertise/],
  ['a silence shorter than two heartbeats', 'silent_after_seconds = 20', 'silent_after_seconds = 9', /silent_after_seconds/],
  ['a negative time', 'retry_seconds = 3', 'retry_seconds = -1', /retry_seconds/],
  ['nobody may stage', 'staging_limit = 64', 'staging_limit = 0', /staging_limit/],
  ['half a node', 'staging_limit = 64', 'staging_limit = 1.5', /staging_limit/],
  ['a gate without a program', '["/usr/local/sbin/may-disturb", "--quiet"]', '[]', /gate\.1\.argv/],
  ['a gate slower than an agent waits', 'timeout_seconds = 8', 'timeout_seconds = 30', /gate\.1\.timeout_seconds/],
  ['a check of availability acknowledged', 'acknowledged = []', 'acknowledged = ["OSD_DOWN"]', /gate\.2\.acknowledged\.0.*availability/],
  ['a check that is none', 'acknowledged = []', 'acknowledged = ["all"]', /gate\.2\.acknowledged\.0/],
  ['a user that is no client', 'user = "client.uvs"', 'user = "osd.0"', /gate\.2\.user/],
  ['two gates of one name', 'name = "maintenance"', 'name = "etcd"', /'gate'.*same name/],
  ['a name that is a path', 'id = "c1"', 'id = "../c1"', /'id'/],
];

void t.test('each mistake is an error that names the file and the key', async (t) => {
  for (const [what, replaced, by, message] of mistakes) {
    t.ok(example.includes(replaced), `the example has what is replaced: ${what}`);
    const error = await errorOf(() => parseCoordinatorConfig(example.replace(replaced, by), '/etc/uvs/coordinator.toml'));
    t.match(error, { reason: 'CONFIG_INVALID', message: /^\/etc\/uvs\/coordinator\.toml: / }, what);
    t.match(error.message, message, what);
  }
});
