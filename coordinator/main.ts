import { join, resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { errorText } from '../cli/error-text.ts';
import { EXIT_OK, exitCodes } from '../cli/exit-codes.ts';
import { refuseUnknownCommands } from '../cli/unknown-command.ts';
import { usageError } from '../cli/usage-error.ts';
import { endSoon } from '../common/end-soon.ts';
import { toUvsError, UvsError } from '../common/errors.ts';
import { errorLines, isJournalStream } from '../common/journal-stream.ts';
import { abortOnSignals, onHangup } from '../common/lifecycle.ts';
import { createLogger, type LevelSetting, type LogLevel } from '../common/log.ts';
import { takeReloaded } from '../common/reload.ts';
import { readProductVersion } from '../common/product-version.ts';
import { readCoordinatorConfig, type CoordinatorConfig } from './config.ts';
import { freePort } from './free-port.ts';
import { addCoordinator } from './init/add.ts';
import { initCluster, type EtcdWish } from './init/cluster.ts';
import type { Addresses } from './init/config-text.ts';
import type { CredentialWish } from './init/credential.ts';
import { demandOwner, giveTo } from './init/owner.ts';
import { packageRecipients } from './init/package-identity.ts';
import { addPackageIdentity } from './init/package-identity-commands.ts';
import { layout } from './layout.ts';
import type { Clock } from './ports.ts';

const exitHelp = `
Exit codes: 0 well, 1 a fault of the coordinator's, 2 command line or configuration, 3 something is missing or in the way (a file, a port, a program),
5 the package root file is none, 9 access denied, 10 etcd or the coordinator does not answer, 11 cancelled.`;

const clock: Clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

interface AddressOptions {
  readonly grpc: string;
  readonly https: string;
  readonly metrics?: string;
  readonly listen?: string;
}

interface InitOptions extends AddressOptions {
  readonly dir: string;
  readonly name: string;
  readonly id: string;
  readonly packageRoot: string;
  readonly etcd: 'embedded' | 'external';
  readonly etcdPort?: string;
  readonly etcdEndpoints?: string[];
  readonly etcdCa?: string;
  readonly etcdCert?: string;
  readonly etcdKey?: string;
  readonly dataDir?: string;
  readonly owner?: string;
}

/** Where the units expect the configuration, and where it then keeps packages. */
const standard = { directory: '/etc/uvs', dataDir: '/var/lib/uvs-coordinator' } as const;

/** The program `uvs-coordinator`. @returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  using stop = abortOnSignals(process, () => process.exit(exitCodes.CANCELLED));
  const program = new Command('uvs-coordinator')
    .description('Decides what may happen where and when in a cluster, and serves its API.')
    .version(readProductVersion())
    .addHelpText('after', exitHelp)
    .exitOverride()
    // what is wrong with a command line is told below, as every other error is
    .configureOutput({ outputError: () => undefined });

  program
    .command('run')
    .description('run the daemon')
    .option('--config <file>', 'configuration', join(standard.directory, layout.config))
    .addOption(
      new Option('--log-level <level>', "least important lines to write (default: the configuration's, else info)").choices([
        'debug',
        'info',
        'warn',
        'error',
      ]),
    )
    .action(async (options: { config: string; logLevel?: LogLevel }) => {
      const configPath = resolve(options.config);
      // the command line counts before the file, also when that is read again
      const readConfig = async (): Promise<CoordinatorConfig> => {
        const read = await readCoordinatorConfig(configPath);
        return options.logLevel === undefined ? read : { ...read, log: { level: options.logLevel } };
      };
      const config = await readConfig();
      const level: LevelSetting = { current: config.log.level };
      const log = createLogger('uvs-coordinator', { level, isJournal: isJournalStream(1, process.env) });
      // Loaded here only: init and add need none of it.
      const [{ runDaemon }, { loadDefinition }] = await Promise.all([import('./daemon.ts'), import('../proto/load.ts')]);
      await runDaemon({
        config,
        configPath,
        version: readProductVersion(),
        definition: loadDefinition(),
        clock,
        env: process.env,
        log,
        reloading: {
          onReload: (listener) => onHangup(process, listener),
          reload: async () => takeReloaded(config, await readConfig(), level, log),
        },
        signal: stop.signal,
      });
    });

  addresses(
    program
      .command('init')
      .description("make a new cluster: its authority, this coordinator's certificate and configuration, the first admin's credential")
      .option('--dir <dir>', 'where all that goes; kept secret, backed up', standard.directory)
      .requiredOption('--name <cluster>', "the cluster's name")
      .requiredOption('--id <id>', "this coordinator's name")
      .requiredOption('--package-root <file>', 'root file that says which keys may sign packages (upd root init)'),
  )
    .addOption(
      new Option('--etcd <kind>', 'start an etcd on loopback (for evaluation), or use one that runs')
        .choices(['embedded', 'external'])
        .default('external'),
    )
    .option('--etcd-port <port>', 'embedded: its port for clients, the next one for peers (default: free ones, chosen now)')
    .option('--etcd-endpoints <list>', 'external: https://host:port, separated by commas', list)
    .option('--etcd-ca <file>', "external: etcd's authority")
    .option('--etcd-cert <file>', 'external: certificate of a client')
    .option('--etcd-key <file>', 'external: its key')
    .option('--data-dir <dir>', `where packages go (default: ${standard.dataDir} for ${standard.directory}, else data below --dir)`)
    .option('--owner <user>', 'give the files to this user, under which the daemon runs; the credential stays yours')
    .action(async (options: InitOptions) => {
      const { owner } = options;
      if (owner !== undefined) await demandOwner(owner, process.getuid?.());
      const directory = resolve(options.dir);
      const made = await initCluster({
        directory,
        cluster: options.name,
        id: options.id,
        addresses: addressesOf(options),
        packageRoot: options.packageRoot,
        etcd: await etcdWish(options),
        dataDir: options.dataDir ?? (directory === standard.directory ? standard.dataDir : 'data'),
        nowMs: clock.wallMs(),
      });
      const credential = join(directory, layout.adminCredential);
      const theirs = made.filter((path) => path !== credential);
      if (owner !== undefined) await giveTo(owner, theirs);
      print(`The cluster ${options.name} is made in ${directory}.`);
      print(`  start it:  ${howToStart(directory)}`);
      print(`  use it:    uvsctl --credential ${credential} status`);
      print(`  build for it:  upd build --recipient ${(await packageRecipients(directory)).newest}`);
    });

  addresses(
    program
      .command('add')
      .description('make the folder of one more coordinator, to be copied to its machine')
      .option('--dir <dir>', 'folder of a coordinator of the cluster', standard.directory)
      .requiredOption('--id <id>', "the new coordinator's name")
      .requiredOption('--out <dir>', 'folder of the new one'),
  )
    .option('--owner <user>', 'give the files to this user')
    .action(async (options: AddressOptions & { dir: string; id: string; out: string; owner?: string }) => {
      const { owner } = options;
      if (owner !== undefined) await demandOwner(owner, process.getuid?.());
      const newDirectory = resolve(options.out);
      const { made, isForThisMachine } = await addCoordinator({
        directory: resolve(options.dir),
        id: options.id,
        addresses: addressesOf(options),
        newDirectory,
        nowMs: clock.wallMs(),
      });
      if (owner !== undefined) await giveTo(owner, made);
      print(`The coordinator ${options.id} is made in ${newDirectory}.`);
      if (!isForThisMachine) print(`  move it:   to ${standard.directory} of its machine; uvs-coordinator must own the files there`);
      print(`  start it:  ${howToStart(isForThisMachine ? newDirectory : standard.directory)}`);
    });

  addPackageIdentity(program, standard.directory, print, stop.signal);

  program
    .command('credential')
    .description("issue a credential with the authority's key, for when no admin has one any more; a coordinator must lead")
    .option('--dir <dir>', 'folder of a coordinator of the cluster', standard.directory)
    .requiredOption('--name <user>', 'lower-case letters, digits, ".", "_", "-"')
    .addOption(new Option('--role <role>', 'what it may do').choices(['viewer', 'operator', 'admin']).default('admin'))
    .requiredOption('--out <file>', 'where to write it (mode 0600); must not exist yet')
    .action(async (options: { dir: string; name: string; role: CredentialWish['role']; out: string }) => {
      // Loaded here only: it speaks to the cluster.
      const { issueLostCredential } = await import('./init/credential.ts');
      const path = resolve(options.out);
      const wish = { directory: resolve(options.dir), role: options.role, user: options.name, path };
      const identity = await issueLostCredential(wish, stop.signal);
      print(`${path} is a credential for ${identity}.`);
      print(`  use it:         uvsctl --credential ${path} status`);
      print(`  withdraw lost:  uvsctl --credential ${path} credentials list`);
    });

  refuseUnknownCommands(program);

  try {
    await program.parseAsync(argv);
    return EXIT_OK;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT_OK;
      // a group without a command has shown its help
      const error = usageError(thrown, '`uvs-coordinator --help` lists the commands; every command has --help.');
      if (thrown.code !== 'commander.help') complain(errorText('uvs-coordinator', error));
      return exitCodes.INVALID_ARGUMENT;
    }
    const error = toUvsError(thrown);
    complain(errorText('uvs-coordinator', error));
    if (error.reason === 'INTERNAL') complain(error.stack ?? '');
    return exitCodes[error.reason];
  }
}

function addresses(command: Command): Command {
  return command
    .requiredOption('--grpc <host:port>', 'where agents and operators reach it')
    .requiredOption('--https <host:port>', 'where it serves packages')
    .option('--metrics <host:port>', 'plain HTTP for monitoring (default: 127.0.0.1:9743)')
    .option('--listen <address>', 'listen on this address in place of the hosts above, e.g. 0.0.0.0');
}

function addressesOf(options: AddressOptions): Addresses {
  return { grpc: options.grpc, https: options.https, metrics: options.metrics, listen: options.listen };
}

async function etcdWish(options: InitOptions): Promise<EtcdWish> {
  if (options.etcd === 'embedded') {
    const clientPort = options.etcdPort === undefined ? await freePort('127.0.0.1') : Number(options.etcdPort);
    // Chosen once and kept, so that a second coordinator finds it.
    return { kind: 'embedded', clientPort, peerPort: options.etcdPort === undefined ? await freePort('127.0.0.1') : clientPort + 1 };
  }
  const { etcdEndpoints, etcdCa, etcdCert, etcdKey } = options;
  if (etcdEndpoints === undefined || etcdCa === undefined || etcdCert === undefined || etcdKey === undefined) {
    throw new UvsError('INVALID_ARGUMENT', 'an etcd that runs takes --etcd-endpoints, --etcd-ca, --etcd-cert and --etcd-key', {
      hint: 'For evaluation: --etcd embedded starts one.',
    });
  }
  return { kind: 'external', endpoints: etcdEndpoints, authority: etcdCa, certificate: etcdCert, key: etcdKey };
}

function howToStart(directory: string): string {
  return directory === standard.directory
    ? 'systemctl enable --now uvs-coordinator'
    : `uvs-coordinator run --config ${join(directory, layout.config)}`;
}

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

/** Tells what went wrong, to people at a console and to journald. */
function complain(text: string): void {
  process.stderr.write(errorLines(text, isJournalStream(2, process.env)));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

// `uvs-coordinator --help | head` is no failure.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
process.exitCode = await main(process.argv);
await endSoon();
