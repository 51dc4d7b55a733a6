import { Command } from 'commander';
import { addCredentialsIssue } from './access/credentials-issue.ts';
import { addCredentialsList } from './access/credentials-list.ts';
import { addCredentialsWithdraw } from './access/credentials-withdraw.ts';
import { addJoinTokensCreate } from './access/join-tokens-create.ts';
import { addJoinTokensList } from './access/join-tokens-list.ts';
import { addJoinTokensRevoke } from './access/join-tokens-revoke.ts';
import { wholeNumber } from './arguments.ts';
import { addClusterAdopt } from './cluster/adopt.ts';
import { addReboot } from './actions/reboot.ts';
import { addM2Confirm, addM2Migrate, addM2Undo } from './actions/m2.ts';
import { addRestart } from './actions/restart.ts';
import { addRollback } from './actions/rollback.ts';
import { addBudgetSet } from './cluster/budget-set.ts';
import { addBudgetUnset } from './cluster/budget-unset.ts';
import { addFreeze } from './cluster/freeze.ts';
import { addThaw } from './cluster/thaw.ts';
import type { Run } from './context.ts';
import { addCoordinatorsList } from './coordinators/list.ts';
import { addCoordinatorsRemove } from './coordinators/remove.ts';
import { addEventsList } from './events/list.ts';
import { addGatesCheck } from './gates/check.ts';
import { addGatesList } from './gates/list.ts';
import { addLimitsList } from './limits/list.ts';
import { addLimitsPreview } from './limits/preview.ts';
import { addLimitsSet } from './limits/set.ts';
import { addLimitsShow } from './limits/show.ts';
import { addLimitsUnset } from './limits/unset.ts';
import { addNodesAcceptRoles } from './nodes/accept-roles.ts';
import { addNodesCordon } from './nodes/cordon.ts';
import { addNodesLabel } from './nodes/label.ts';
import { addNodesList } from './nodes/list.ts';
import { addNodesRemove } from './nodes/remove.ts';
import { addNodesShow } from './nodes/show.ts';
import { addNodesUncordon } from './nodes/uncordon.ts';
import { addNodesWriteOff } from './nodes/write-off.ts';
import { addOperationsList } from './operations/list.ts';
import { addOperationsLogs } from './operations/logs.ts';
import { addOperationsShow } from './operations/show.ts';
import { addPackageRootShow } from './package-root/show.ts';
import { addPackageRootUpdate } from './package-root/update.ts';
import { addPackagesList } from './packages/list.ts';
import { addPackagesRm } from './packages/rm.ts';
import { addPackagesShow } from './packages/show.ts';
import { addPackagesUpload } from './packages/upload.ts';
import { addPlan } from './push/plan.ts';
import { addPush } from './push/push.ts';
import { addRolloutsAbort } from './rollouts/abort.ts';
import { addRolloutsList } from './rollouts/list.ts';
import { addRolloutsPause } from './rollouts/pause.ts';
import { addRolloutsApprove } from './rollouts/approve.ts';
import { addRolloutsResume } from './rollouts/resume.ts';
import { addRolloutsShow } from './rollouts/show.ts';
import { addRolloutsWatch } from './rollouts/watch.ts';
import { addSettingsKeys } from './settings/keys.ts';
import { addSettingsList } from './settings/list.ts';
import { addSettingsPreview } from './settings/preview.ts';
import { addSettingsSet } from './settings/set.ts';
import { addSettingsShow } from './settings/show.ts';
import { addSettingsUnset } from './settings/unset.ts';
import { addSlotsList } from './slots/list.ts';
import { addSlotsRelease } from './slots/release.ts';
import { addSlotsShow } from './slots/show.ts';
import { addStatus } from './status.ts';
import { refuseUnknownCommands } from '../unknown-command.ts';

type Add = (group: Command, run: Run) => void;

interface Group {
  readonly name: string;
  readonly alias: string;
  readonly about: string;
  readonly commands: readonly Add[];
}

const groups: readonly Group[] = [
  {
    name: 'nodes',
    alias: 'node',
    about: 'the machines with an agent',
    commands: [
      addNodesList,
      addNodesShow,
      addNodesCordon,
      addNodesUncordon,
      addNodesAcceptRoles,
      addNodesLabel,
      addNodesRemove,
      addNodesWriteOff,
    ],
  },
  {
    name: 'packages',
    alias: 'package',
    about: 'the releases that the cluster has',
    commands: [addPackagesUpload, addPackagesList, addPackagesShow, addPackagesRm],
  },
  {
    name: 'package-root',
    alias: 'package-roots',
    about: 'whose signatures on packages count',
    commands: [addPackageRootShow, addPackageRootUpdate],
  },
  {
    name: 'rollouts',
    alias: 'rollout',
    about: 'releases, reboots, restarts, rollbacks and migrations on their way to nodes',
    commands: [
      addRolloutsList,
      addRolloutsShow,
      addRolloutsWatch,
      addRolloutsPause,
      addRolloutsResume,
      addRolloutsApprove,
      addRolloutsAbort,
    ],
  },
  {
    name: 'm2',
    alias: 'ssd',
    about: "directories on the nodes' M.2 SSDs",
    commands: [addM2Migrate, addM2Undo, addM2Confirm],
  },
  {
    name: 'operations',
    alias: 'operation',
    about: 'what agents do and did',
    commands: [addOperationsList, addOperationsShow, addOperationsLogs],
  },
  {
    name: 'slots',
    alias: 'slot',
    about: 'who holds the right to be out of service',
    commands: [addSlotsList, addSlotsShow, addSlotsRelease],
  },
  {
    name: 'gates',
    alias: 'gate',
    about: 'questions that must be answered yes before a node is disturbed',
    commands: [addGatesList, addGatesCheck],
  },
  {
    name: 'coordinators',
    alias: 'coordinator',
    about: 'who decides, and whom else to ask',
    commands: [addCoordinatorsList, addCoordinatorsRemove],
  },
  { name: 'cluster', alias: 'clusters', about: 'the cluster as a whole', commands: [addClusterAdopt] },
  { name: 'budget', alias: 'budgets', about: 'how many nodes may be down at once', commands: [addBudgetSet, addBudgetUnset] },
  {
    name: 'limits',
    alias: 'limit',
    about: 'how much of a node its services may take',
    commands: [addLimitsList, addLimitsShow, addLimitsPreview, addLimitsSet, addLimitsUnset],
  },
  {
    name: 'settings',
    alias: 'setting',
    about: 'time zone, NTP servers and kernel parameters of the machines',
    commands: [addSettingsList, addSettingsShow, addSettingsPreview, addSettingsSet, addSettingsUnset, addSettingsKeys],
  },
  {
    name: 'join-tokens',
    alias: 'join-token',
    about: 'with which machines join the cluster',
    commands: [addJoinTokensCreate, addJoinTokensList, addJoinTokensRevoke],
  },
  {
    name: 'credentials',
    alias: 'credential',
    about: 'who may do what',
    commands: [addCredentialsIssue, addCredentialsList, addCredentialsWithdraw],
  },
  { name: 'events', alias: 'event', about: 'the audit log', commands: [addEventsList] },
];

const help = `
Exit codes: 0 done; 1 a fault of UVS; 2 the command line or a file of yours; 3 something named is missing or in the way; 4 the package is damaged;
5 the package is not trusted; 6 it does not fit; 7 a node failed; 8 not now (frozen, a gate, a budget); 9 access denied; 10 nothing answers;
11 cancelled, or no longer watching; 20 the rollout is paused; 21 it failed; 22 it was aborted.`;

/** Puts the commands together. */
export function makeProgram(run: Run, version: string): Command {
  const program = new Command('uvsctl');
  program
    .description('Brings releases to the nodes of a storage cluster without taking storage offline.')
    .version(version)
    .option('--credential <file>', 'who you are (default: $UVS_CREDENTIAL, else ~/.config/uvs/credential.json)')
    .option('--json', 'print JSON; remarks and errors go to standard error')
    .option('--timeout <seconds>', 'how long one request may take', wholeNumber(1, 3600), 15)
    .addHelpText('after', help);
  addStatus(program, run);
  addPush(program, run);
  addPlan(program, run);
  addReboot(program, run);
  addRestart(program, run);
  addRollback(program, run);
  for (const { name, alias, about, commands } of groups) {
    const group = program.command(name).alias(alias).description(about);
    for (const add of commands) add(group, run);
  }
  addFreeze(program, run);
  addThaw(program, run);
  refuseUnknownCommands(program);
  return program;
}
