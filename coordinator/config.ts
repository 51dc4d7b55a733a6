import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import type { LogLevel } from '../common/log.ts';
import { parseConfig, readConfig } from '../common/config.ts';
import { configSchema, type ParsedConfig } from './config-schema.ts';

/** Where something listens; port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface Listener {
  readonly listen: ListenAddress;
  /** host:port that others are told; undefined: the address it listens on, with the port it got. */
  readonly advertise: string | undefined;
}

export type EtcdConfig =
  | { readonly kind: 'embedded'; readonly clientPort: number; readonly peerPort: number }
  | {
      readonly kind: 'external';
      readonly endpoints: readonly string[];
      readonly authority: string;
      readonly certificate: string;
      readonly key: string;
    };

export type GateConfig =
  | { readonly kind: 'command'; readonly name: string; readonly argv: readonly [string, ...string[]]; readonly timeoutMs: number }
  | { readonly kind: 'etcd'; readonly name: string; readonly timeoutMs: number }
  | CephGateConfig;

export interface CephGateConfig {
  readonly kind: 'ceph';
  readonly name: string;
  /** The `ceph` program, with what comes before its own arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Whose key it uses, e.g. "client.uvs". */
  readonly user: string;
  /** Undefined: the program's own default, as for the keyring. */
  readonly conf: string | undefined;
  readonly keyring: string | undefined;
  /** Codes of health checks that do not forbid a disturbance. */
  readonly acknowledged: readonly string[];
  readonly soakMs: number;
  readonly noticeMs: number;
  readonly timeoutMs: number;
}

/** A coordinator's configuration; all paths are absolute. */
export interface CoordinatorConfig {
  readonly id: string;
  readonly cluster: string;
  /** Host name of the node on which it runs; undefined: the machine's own. */
  readonly node: string | undefined;
  readonly dataDir: string;
  readonly grpc: Listener;
  readonly https: Listener;
  /** Plain HTTP. */
  readonly metrics: ListenAddress;
  readonly certificates: {
    readonly authority: string;
    readonly authorityKey: string;
    readonly certificate: string;
    readonly key: string;
  };
  readonly packages: {
    /** Root file that says which keys may sign packages. */
    readonly root: string;
    /** age identity to which packages for this cluster are encrypted; undefined: none can be read. */
    readonly identity: string | undefined;
    /** How fast they are sent to all nodes and coordinators together; undefined: as fast as can be. */
    readonly serveBytesPerSecond: number | undefined;
  };
  readonly etcd: EtcdConfig;
  readonly timings: {
    readonly heartbeatMs: number;
    readonly silentAfterMs: number;
    readonly grantTtlMs: number;
    readonly leaseTtlMs: number;
    readonly retryMs: number;
  };
  /** Nodes that may stage at once, in each rollout. */
  readonly stagingLimit: number;
  readonly gates: readonly GateConfig[];
  readonly log: { readonly level: LogLevel };
}

/** @param option with which whoever typed the command says where the file is. @throws UvsError CONFIG_INVALID naming the file and the key. */
export async function readCoordinatorConfig(path: string, option: '--config' | '--dir' = '--config'): Promise<CoordinatorConfig> {
  const hint = option === '--dir' ? "Name a coordinator's folder with --dir." : 'Name it with --config.';
  return toConfig(await readConfig(path, configSchema, undefined, hint), path);
}

/** Parses the text of a configuration; paths in it are taken from the folder of `path`. */
export function parseCoordinatorConfig(text: string, path: string): CoordinatorConfig {
  return toConfig(parseConfig(text, path, configSchema), path);
}

function toConfig(parsed: ParsedConfig, path: string): CoordinatorConfig {
  const file = (name: string): string => resolve(dirname(path), name);
  const { certificates, packages, etcd, timings } = parsed;
  return {
    id: parsed.id,
    cluster: parsed.cluster,
    node: parsed.node,
    dataDir: file(parsed.data_dir),
    grpc: { listen: parsed.grpc.listen, advertise: parsed.grpc.advertise },
    https: { listen: parsed.https.listen, advertise: parsed.https.advertise },
    metrics: parsed.metrics.listen,
    certificates: {
      authority: file(certificates.authority),
      authorityKey: file(certificates.authority_key),
      certificate: file(certificates.certificate),
      key: file(certificates.key),
    },
    packages: {
      root: file(packages.root),
      identity: packages.identity === undefined ? undefined : file(packages.identity),
      serveBytesPerSecond: packages.serve_bytes_per_second,
    },
    etcd:
      etcd.kind === 'embedded'
        ? { kind: 'embedded', clientPort: etcd.client_port, peerPort: etcd.peer_port }
        : {
            kind: 'external',
            endpoints: etcd.endpoints,
            authority: file(etcd.authority),
            certificate: file(etcd.certificate),
            key: file(etcd.key),
          },
    timings: {
      heartbeatMs: timings.heartbeat_seconds * 1000,
      silentAfterMs: timings.silent_after_seconds * 1000,
      grantTtlMs: timings.grant_ttl_seconds * 1000,
      leaseTtlMs: timings.lease_ttl_seconds * 1000,
      retryMs: timings.retry_seconds * 1000,
    },
    stagingLimit: parsed.staging_limit,
    log: parsed.log,
    gates: parsed.gate.map((gate) => toGate(gate, file)),
  };
}

function toGate(gate: v.InferOutput<typeof configSchema>['gate'][number], file: (name: string) => string): GateConfig {
  const timeoutMs = gate.timeout_seconds * 1000;
  switch (gate.kind) {
    case 'command':
      return { kind: 'command', name: gate.name, argv: gate.argv, timeoutMs };
    case 'etcd':
      return { kind: 'etcd', name: gate.name, timeoutMs };
    case 'ceph': {
      const { name, argv, user, conf, keyring, acknowledged } = gate;
      return {
        kind: 'ceph',
        name,
        argv,
        user,
        conf: conf === undefined ? undefined : file(conf),
        keyring: keyring === undefined ? undefined : file(keyring),
        acknowledged,
        soakMs: gate.soak_seconds * 1000,
        noticeMs: gate.notice_seconds * 1000,
        timeoutMs,
      };
    }
  }
}
