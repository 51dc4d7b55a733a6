import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { errorText } from '../cli/error-text.ts';
import { EXIT_OK, exitCodes } from '../cli/exit-codes.ts';
import { usageError } from '../cli/usage-error.ts';
import { endSoon } from '../common/end-soon.ts';
import { toUvsError, UvsError } from '../common/errors.ts';
import { errorLines, isJournalStream } from '../common/journal-stream.ts';
import { abortOnSignals, onHangup } from '../common/lifecycle.ts';
import type { LevelSetting } from '../common/log.ts';
import { takeReloaded } from '../common/reload.ts';
import { readProductVersion } from '../common/product-version.ts';
import { addM2 } from './commands/m2-program.ts';
import { consoleNodeAt, demandRoot, demandState } from './commands/console-node.ts';
import type { ConsoleNode } from './commands/console.ts';
import { checked, list, requiredReason, rootFileOption } from './commands/options.ts';
import { readAgentConfig, type AgentConfig } from './config.ts';
import { noFailpoints } from './failpoints.ts';
import { EXIT_HANDED_OVER, HandedOver } from './handover.ts';
import { leaveReason } from './os/handover-files.ts';
import { hostnameSchema, roleSchema } from './node-identity.ts';
import { statePaths, type StatePaths } from './state-paths.ts';

interface Common {
  readonly root: string;
  readonly config?: string;
}

const exitHelp = `
Exit codes: 0 well, 1 a fault of the agent's, 2 command line or configuration, 3 something is missing or in the way, 4 the package is damaged,
5 it is not trusted, 6 it does not fit this node, 7 the node failed, 8 not now, 9 access denied, 10 nothing answers, 11 cancelled.`;

const recoverHelp = `
An agent that is started finishes it too, and is the better way: it asks a coordinator whether it may go on. This command asks nobody, and takes
back a release with a slot that was interrupted in its last steps (post, confirming). Start the agent afterwards: it tells the coordinator.`;

/** The program `uvs-agent`. @returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  using stop = abortOnSignals(process, () => process.exit(exitCodes.CANCELLED));
  let exitCode: number = EXIT_OK;
  const program = new Command('uvs-agent')
    .description("Brings releases onto this node: as a daemon at a coordinator's word, or from the console.")
    .version(readProductVersion())
    .option('--root <dir>', 'the root that is managed; anything but / is a sandbox, whose services are left alone', '/')
    .option('--config <file>', 'configuration (default: etc/uvs/agent.toml below the root, if it is there)')
    .addHelpText('after', exitHelp)
    .exitOverride()
    // what is wrong with a command line is told below, as every other error is
    .configureOutput({ outputError: () => undefined });

  program
    .command('run')
    .description('run the daemon: keep a session with the leading coordinator and do what it assigns')
    .action(async () => {
      const { paths, config } = await setup(program.opts<Common>());
      // what speaks to the network is loaded where it is needed: recovery at boot must be quick and needs none of it
      const [{ runDaemon }, { loadCalls }, { createLogger }] = await Promise.all([
        import('./daemon.ts'),
        import('../proto/load-calls.ts'),
        import('../common/log.ts'),
      ]);
      const level: LevelSetting = { current: config.log.level };
      const log = createLogger('uvs-agent', { level, isJournal: isJournalStream(1, process.env) });
      const end = await runDaemon({
        paths,
        config,
        agentVersion: readProductVersion(),
        definition: loadCalls(['uvs/agent/v1/agent.proto']),
        failpoints: noFailpoints,
        env: process.env,
        log,
        reloading: {
          onReload: (listener) => onHangup(process, listener),
          reload: async () => takeReloaded(config, (await setup(program.opts<Common>())).config, level, log),
        },
        signal: stop.signal,
      });
      if (end === 'handed-over') exitCode = EXIT_HANDED_OVER;
    });

  program
    .command('join')
    .description('join a cluster with a token that `uvsctl join-tokens create` made')
    .requiredOption('--token-file <file>', 'the token; a secret, remove it afterwards')
    .addOption(new Option('--hostname <name>', 'name of this node in the cluster').default(hostname(), "this machine's"))
    .requiredOption('--roles <list>', 'what the node is for, e.g. mon,mgr; the first decides its place in a rolling update', list)
    .action(async (options: { tokenFile: string; hostname: string; roles: string[] }) => {
      const { paths } = await setup(program.opts<Common>());
      const [{ join }, { loadCalls }] = await Promise.all([import('./link/join.ts'), import('../proto/load-calls.ts')]);
      const identity = await join({
        tokenFile: options.tokenFile,
        hostname: checked('--hostname', hostnameSchema, options.hostname),
        roles: options.roles.map((role) => checked('--roles', roleSchema, role)),
        paths,
        definition: loadCalls(['uvs/v1/access.proto']),
        signal: stop.signal,
      });
      const start = paths.root === '/' ? 'systemctl enable --now uvs-agent' : `uvs-agent run --root ${paths.root}`;
      print(`${identity.hostname} has joined as node ${identity.uid}. Start the agent: ${start}`);
    });

  program
    .command('apply')
    .description('bring a package onto this node from its console, without a coordinator')
    .argument('<file>', 'the .upd package')
    .option('--identity <file>', 'age identity for an encrypted package (default: the node\'s own, which "uvs-agent identity" makes)')
    .option('--no-slot', 'this node may be out of service now: your word, which is kept in its history and told to the cluster')
    .option('--reason <sentence>', 'with --no-slot: why; needed')
    .addOption(rootFileOption())
    .action(async (file: string, options: { identity?: string; slot: boolean; reason?: string; rootFile?: string }) => {
      const word = options.slot ? {} : { noSlotReason: requiredReason('--no-slot', options.reason) };
      const { paths, config } = await setup(program.opts<Common>());
      const [{ apply }, { installedAlready }, { describeEnd }] = await Promise.all([
        import('./commands/apply.ts'),
        import('./commands/already-installed.ts'),
        import('./commands/console.ts'),
      ]);
      const node = { ...(await consoleNode(paths, config, options.rootFile)), bounds: { handoverMs: config.handoverSeconds * 1000 } };
      const version = await installedAlready(node, file, stop.signal);
      if (version !== undefined) {
        print(`${version} is installed already: nothing to do.`);
        return;
      }
      const identityFile = options.identity ?? (existsSync(paths.identity) ? paths.identity : undefined);
      const ended = await apply(node, { file, ...word, ...(identityFile === undefined ? {} : { identityFile }) }, stop.signal);
      if (ended.outcome === 'installed') return;
      process.stderr.write(`uvs-agent: ${describeEnd(ended)}\n`);
      exitCode = ended.outcome === 'needs-operator' ? exitCodes.NEEDS_OPERATOR : exitCodeOf(ended.message);
    });

  program
    .command('identity')
    .description("print the age recipient of this node's own identity, for `upd export`; made if there is none yet")
    .action(async () => {
      const { paths } = await setup(program.opts<Common>());
      await demandRoot(paths.root);
      const { nodeRecipient } = await import('./commands/identity.ts');
      print(await nodeRecipient(paths.identity));
    });

  program
    .command('trust')
    .description('begin anew with another package root file, where the root keys of the one before are lost; it counts at once')
    .argument('<file>', 'the root file')
    .requiredOption('--sha256 <hex>', 'its sha256, as you were told on another way')
    .action(async (file: string, { sha256 }: { sha256: string }) => {
      const { paths } = await setup(program.opts<Common>());
      await demandRoot(paths.root);
      const { trust } = await import('./commands/trust.ts');
      const { before, after } = await trust({ statePath: paths.directory, rootFile: paths.packageRoot, file, sha256 });
      print(
        `Root file version ${after.root.version} counts here in the place of version ${before} from now on; an agent that runs need not be restarted.`,
      );
    });

  program
    .command('rollback')
    .description('take the last release back on this node from its console, to the one before it, without a coordinator')
    .argument('[release]', 'its version or manifest hash, where several are installed')
    .option('--no-slot', 'this node may be out of service now: your word, which is kept in its history and told to the cluster')
    .option('--reason <sentence>', 'with --no-slot: why; needed')
    .addOption(rootFileOption())
    .action(async (release: string | undefined, options: { slot: boolean; reason?: string; rootFile?: string }) => {
      const word = options.slot ? {} : { noSlotReason: requiredReason('--no-slot', options.reason) };
      const { paths, config } = await setup(program.opts<Common>());
      const [{ rollback }, { describeEnd }] = await Promise.all([import('./commands/rollback.ts'), import('./commands/console.ts')]);
      const node = await consoleNode(paths, config, options.rootFile);
      const ended = await rollback(node, { ...word, ...(release === undefined ? {} : { release }) }, stop.signal);
      if (ended.outcome === 'done') return;
      process.stderr.write(`uvs-agent: ${describeEnd(ended)}\n`);
      exitCode = ended.outcome === 'needs-operator' ? exitCodes.NEEDS_OPERATOR : exitCodeOf(ended.message);
    });

  program
    .command('status')
    .description('show what is installed and what is or was being done; also beside a running daemon')
    .option('--json', 'as one JSON document', false)
    .action(async (options: { json: boolean }) => {
      const { paths } = await setup(program.opts<Common>());
      await demandRoot(paths.root);
      const { status } = await import('./commands/status.ts');
      const hasJoined = existsSync(paths.node);
      await status({ root: paths.root, statePath: paths.directory, rootFile: paths.packageRoot, hasJoined, print }, options);
    });

  program
    .command('recover')
    .description('finish what a crash or power cut interrupted, where no agent can be started: the node is all old or all new afterwards')
    .addHelpText('after', recoverHelp)
    .option(
      '--accept <operation>',
      'end an operation that needs an operator, as failed: the node is in order, all as the release brings it or all as before',
    )
    .option(
      '--mixed',
      'with --accept: also where its files are a mixture, which the node says from then on; originals that are kept are removed',
    )
    .option('--reason <sentence>', "with --accept: what was found and done, for the cluster's log")
    .addOption(
      new Option('--files-only', 'only put the files of a half-done commit back, start and run nothing: for the boot').conflicts('accept'),
    )
    .action(async (options: { accept?: string; mixed?: boolean; reason?: string; filesOnly?: boolean }) => {
      const { paths, config } = await setup(program.opts<Common>());
      const { recover, recoverFiles } = await import('./commands/recover.ts');
      await demandState(paths);
      const node = await consoleNode(paths, config, undefined);
      if (options.filesOnly === true) {
        await recoverFiles(node);
        return;
      }
      const { accept, reason, mixed = false } = options;
      if (accept === undefined && reason !== undefined) {
        throw new UvsError('INVALID_ARGUMENT', '--reason says why an operation is accepted, and none is', {
          hint: 'Add --accept OPERATION.',
        });
      }
      if (accept === undefined && mixed) {
        throw new UvsError('INVALID_ARGUMENT', '--mixed says how an operation is accepted, and none is', {
          hint: 'Add --accept OPERATION.',
        });
      }
      const accepted = accept === undefined ? undefined : { operation: accept, reason: requiredReason('--accept', reason), isMixed: mixed };
      const ended = await recover(node, accepted);
      if (ended.some(({ outcome }) => outcome === 'needs-operator')) exitCode = exitCodes.NEEDS_OPERATOR;
    });

  addM2(program, async () => {
    const { paths, config } = await setup(program.opts<Common>());
    await demandRoot(paths.root);
    return { root: paths.root, statePath: paths.directory, policy: config.m2, print };
  });

  program
    .command('take-over', { hidden: true })
    .description('go on with the operation that is handed over, as its launcher does after `apply`')
    .action(async () => {
      const { paths, config } = await setup(program.opts<Common>());
      const { takeOver } = await import('./commands/take-over.ts');
      if ((await takeOver(await consoleNode(paths, config, undefined))) === 'handed-over') exitCode = EXIT_HANDED_OVER;
    });

  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT_OK;
      // a group without a command has shown its help
      const error = usageError(thrown, '`uvs-agent --help` lists the commands; every command has --help.');
      if (thrown.code !== 'commander.help') complain(errorText('uvs-agent', error));
      return exitCodes.INVALID_ARGUMENT;
    }
    if (thrown instanceof HandedOver) {
      process.stderr.write(`uvs-agent: agent ${thrown.to} has to go on with what was interrupted: run this command once more\n`);
      return EXIT_HANDED_OVER;
    }
    const error = toUvsError(thrown);
    await leaveReason(
      { statePath: statePaths(resolve(program.opts<Common>().root)).directory, env: process.env },
      `${error.reason}: ${error.message}`,
    );
    complain(errorText('uvs-agent', error));
    if (error.reason === 'INTERNAL') complain(error.stack ?? '');
    return exitCodes[error.reason];
  }
}

async function setup(common: Common) {
  const paths = statePaths(resolve(common.root));
  const config = await readAgentConfig(common.config ?? paths.config, common.config !== undefined);
  // of the whole process, so that no program is found otherwise
  process.env['PATH'] = config.programPath;
  return { paths, config };
}

function consoleNode(paths: StatePaths, config: AgentConfig, givenRootFile: string | undefined): Promise<ConsoleNode> {
  return consoleNodeAt(paths, { config, print, env: process.env, ...(givenRootFile === undefined ? {} : { givenRootFile }) });
}

/** The exit code of the reason with which the message of an operation's end begins. */
function exitCodeOf(message: string): number {
  const [reason] = message.split(':');
  return Object.entries(exitCodes).find(([name]) => name === reason)?.[1] ?? exitCodes.TASK_FAILED;
}

/** Tells what went wrong, to people at a console and to journald. */
function complain(text: string): void {
  process.stderr.write(errorLines(text, isJournalStream(2, process.env)));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

// Nobody has to read to the end: `uvs-agent apply FILE | head` goes on with what it has begun.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
process.exitCode = await main(process.argv);
await endSoon();
