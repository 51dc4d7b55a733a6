import type { Command } from 'commander';
import { sysctlKeys, sysctlNames, sysctlProfiles, type SysctlKey } from '../../../common/settings/sysctl.ts';
import type { Column } from '../../output/table.ts';
import type { Context, Run } from '../context.ts';
import { showList } from '../show.ts';

interface Row {
  readonly name: string;
  readonly takes: string;
  readonly profile: string;
  readonly about: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'Setting', cell: ({ name }) => name },
  { title: 'It Takes', cell: ({ takes }) => takes },
  { title: 'In Profile Storage', cell: ({ profile }) => profile || '-' },
  { title: 'What It Is', cell: ({ about }) => about },
];

const settings: readonly Row[] = [
  {
    name: 'time-zone',
    takes: 'Europe/Berlin, UTC …',
    profile: '',
    about: 'The time zone of the machine; services that run keep theirs until they restart.',
  },
  {
    name: 'ntp-servers',
    takes: 'up to 8, with commas',
    profile: '',
    about: 'Names or addresses of the servers that the clock is kept by.',
  },
  {
    name: 'sysctl.profile',
    takes: Object.keys(sysctlProfiles).join(', '),
    profile: '',
    about: 'Parameters of the kernel that go together; a key that is set by its name counts before it.',
  },
];

/** `uvsctl settings keys`: what can be set; the list is closed. */
export function addSettingsKeys(group: Command, run: Run): void {
  group.command('keys').description('what can be set, and what each is for').action(run(listKeys));
}

async function listKeys(context: Context): Promise<void> {
  const rows = [...settings, ...sysctlNames.map(rowOf)];
  showList(context, { json: { settings: rows }, rows, columns, none: '' });
}

function rowOf(key: (typeof sysctlNames)[number]): Row {
  const { about, least, most, numbers }: SysctlKey = sysctlKeys[key];
  const takes = `${numbers === 1 ? '' : `${numbers} numbers, `}${least} to ${most}`;
  return { name: `sysctl.${key}`, takes, profile: sysctlProfiles.storage.get(key) ?? '', about };
}
