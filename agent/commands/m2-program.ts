import { Option, type Command } from 'commander';
import { UvsError } from '../../common/errors.ts';
import type { M2Node } from './m2.ts';
import { list, requiredReason } from './options.ts';

/** `uvs-agent m2 …`. @param setup reads the configuration, once it is known which */
export function addM2(program: Command, setup: () => Promise<Omit<M2Node, 'machine'>>): void {
  const m2 = program.command('m2').description('the M.2 SSD: find it, make a file system on it and mount it on /m2');
  const m2Node = async () => {
    const place = await setup();
    const [commands, { diskMachine }] = await Promise.all([import('./m2.ts'), import('../m2/disk-machine.ts')]);
    return { commands, node: { ...place, machine: diskMachine } };
  };
  m2.command('show')
    .description('show how it stands with /m2, and every disk with what speaks against it')
    .action(async () => {
      const { commands, node } = await m2Node();
      await commands.showM2(node);
    });
  m2Word(m2.command('plan'))
    .description('show what `prepare` with the same options would do; changes nothing')
    .action(async (options: M2Options) => {
      const { commands, node } = await m2Node();
      await commands.showPlan(node, m2WordOf(options));
    });
  m2Word(m2.command('prepare'))
    .description('make a partition table and a file system on the M.2 SSD if it is blank, and mount it on /m2, now and at every boot')
    .action(async (options: M2Options) => {
      const { commands, node } = await m2Node();
      await commands.prepare(node, m2WordOf(options));
    });
  m2.command('migrate')
    .description('bring a directory to the SSD: stop its services, copy, prove the copy, mount it in the place of the old one, start them')
    .argument('<directory>', 'e.g. /var/lib/ceph/mon/ceph-a')
    .option('--unit <list>', 'services that write to it, stopped in this order and started in it', list, [])
    .option('--no-slot', 'this node may be out of service now: your word, which is kept with the migration')
    .option('--reason <sentence>', 'with --no-slot: why; needed')
    .action(async (directory: string, options: { unit: string[]; slot: boolean; reason?: string }) => {
      if (options.slot) {
        throw new UvsError('NOT_ALLOWED_NOW', 'no coordinator was asked whether this node may be out of service', {
          hint: 'If you know that it may be, say so with --no-slot --reason "…"; that is written down.',
        });
      }
      const reason = requiredReason('--no-slot', options.reason);
      const { commands, node } = await m2Node();
      await commands.migrateDirectory(node, { directory, units: options.unit, reason });
    });
  m2.command('confirm')
    .description('remove the old directory of the migration that waits for it')
    .action(async () => {
      const { commands, node } = await m2Node();
      await commands.endMigration(node, 'confirm');
    });
  m2.command('undo')
    .description('have the old directory count again; what was written since is set aside on the SSD')
    .action(async () => {
      const { commands, node } = await m2Node();
      await commands.endMigration(node, 'undo');
    });
}

interface M2Options {
  readonly erase?: string;
  readonly keep: boolean;
  readonly misaligned: boolean;
}

function m2Word(command: Command): Command {
  return command
    .option('--erase <serial>', 'serial number of the disk, of which all content may be lost')
    .addOption(new Option('--keep', 'mount the file system that is on the disk as it is').default(false).conflicts('erase'))
    .option('--misaligned', "take a partition that is not aligned to the disk's units all the same", false);
}

function m2WordOf({ erase, keep, misaligned }: M2Options) {
  return { isKept: keep, isMisalignedTaken: misaligned, ...(erase === undefined ? {} : { erase }) };
}
