import t from 'tap';
import { answerText, output } from './answers.ts';
import { Bench, forever, gateway, n1, n2, n3, osdDumpWith, with_, question } from './gate-bench.ts';

void t.test('of a large cluster a plan looks at some nodes, and at all where they are few', async (t) => {
  const names = (number: number) => Array.from({ length: number }, (_, id) => `osd.${id}`);
  const asked = async (number: number): Promise<readonly string[]> => {
    const osds = names(number).map((_, id) => ({ osd: id, up: 1, in: 1, up_from: 5, state: ['exists', 'up'] }));
    const osd = Object.fromEntries(names(number).map((_, id) => [`s${id}`, [id]]));
    const bench = new Bench({ 'osd dump': osdDumpWith(...osds), 'node ls': JSON.stringify({ mon: {}, osd, mds: {}, mgr: {} }) });
    await bench.gate.never(
      names(number).map((name, id) => with_(`s${id}`, name)),
      forever,
    );
    return bench.ceph.asked.filter((command) => command.startsWith('osd ok-to-stop'));
  };
  t.equal((await asked(16)).length, 16);
  t.equal((await asked(17)).length, 16);
  t.same((await asked(1_600)).slice(0, 3), ['osd ok-to-stop 0', 'osd ok-to-stop 100', 'osd ok-to-stop 200']);
});

void t.test('a plan is told what no waiting will change', async (t) => {
  const strict = answerText('16.2.15/osds.json').replace('"min_size": 2', '"min_size": 3');
  const losing = output('{"ok_to_stop":false,"osds":[2],"bad_become_inactive":["1.0","1.7"]}', { code: 16, remark: 'unsafe' });
  const { gate } = new Bench({ 'osd dump': strict, 'osd ok-to-stop 2': losing });
  const never = [/^can never be yes: pool data \(size 3, min_size 3\)/];
  t.match(await gate.never([n1, n3], forever), never);
  t.same(await gate.never([n1, n2], forever), [], 'of which these hold nothing');
  t.match(await gate.ask(question('before-grant', n3), forever), { isYes: false, message: never[0] });
  const moving = answerText('16.2.15/pgs-osd-down.json');
  t.same(
    await new Bench({ 'osd ok-to-stop 2': losing, 'pg stat': moving }).gate.never([n3], forever),
    [],
    'it might be different tomorrow',
  );
  t.same(await gate.never([gateway], forever), []);
  const { monmap, ...rest } = JSON.parse(answerText('16.2.15/quorum.json'));
  const few = new Bench({ quorum_status: JSON.stringify({ ...rest, monmap: { ...monmap, mons: monmap.mons.slice(1) } }) }).gate;
  t.match(await few.never([n1, n3], forever), [/^can never be yes: the cluster has two monitors: none can be stopped/]);
  t.same(await few.never([with_('n6', 'osd.2')], forever), [], 'which is nothing to nodes without one');
  t.same(await new Bench().gate.never([n1, n2, n3], forever), []);
});
