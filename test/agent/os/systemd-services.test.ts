import t from 'tap';
import { systemdServices } from '../../../agent/os/systemd-services.ts';
import { UvsError } from '../../../common/errors.ts';

const never = new AbortController().signal;

/** Answers as systemctl(1) does about these units, and notes what it is asked to do. */
function systemctlOf(units: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const done: string[] = [];
  const services = systemdServices(
    async (verb, args, unit) => {
      if (verb !== 'show') {
        done.push(`${verb} ${unit}`);
        if (verb === 'reset-failed') throw new UvsError('SERVICE_FAILED', `Unit ${unit} not loaded.`);
        return '';
      }
      const [names = ''] = args.flatMap((arg) => (arg.startsWith('--property=') ? [arg.slice('--property='.length)] : []));
      const known = units[unit] ?? {};
      if (args.includes('--value')) return `${known[names] ?? ''}\n`;
      return names
        .split(',')
        .map((name) => `${name}=${known[name] ?? ''}\n`)
        .join('');
    },
    async () => void done.push('daemon-reload'),
    () => true,
  );
  return { services, done };
}

void t.test('a start is asked for once what systemd holds against the unit is forgiven, also where it has never heard of it', async (t) => {
  const { services, done } = systemctlOf({});
  await services.start('a.service', never);
  await services.startAnew('b.service', never);
  t.strictSame(done, ['reset-failed a.service', 'start a.service', 'reset-failed b.service', 'restart b.service']);
});

void t.test(
  'what stops along with a unit is found over all ways and however far, before what it depends on, and only what runs',
  async (t) => {
    const { services } = systemctlOf({
      'base.service': { ActiveState: 'active', RequiredBy: 'near.service down.service', ConsistsOf: 'part.service once.service' },
      'near.service': { ActiveState: 'active', BoundBy: 'far.service base.service' },
      'far.service': { ActiveState: 'activating' },
      'part.service': { ActiveState: 'reloading' },
      'once.service': { ActiveState: 'activating', Type: 'oneshot' },
      'down.service': { ActiveState: 'inactive', RequisiteOf: 'below.service' },
      'below.service': { ActiveState: 'active' },
    });
    t.strictSame(await services.stopsWith('base.service', never), ['below.service', 'far.service', 'part.service', 'near.service']);
    t.strictSame(await services.stopsWith('part.service', never), []);
  },
);

void t.test('deaths are those that systemd counts, and none of what is no service', async (t) => {
  const { services } = systemctlOf({ 'a.service': { NRestarts: '3' } });
  t.equal(await services.deaths('a.service', never), 3);
  t.equal(await services.deaths('a.target', never), 0);
});
