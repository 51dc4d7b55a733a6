import t from 'tap';
import { MemberPlaces } from '../../../coordinator/etcd/member-places.ts';

const hosts: Readonly<Record<string, readonly string[]>> = { 'etcd-a.lan': ['10.0.0.1', 'FD00:0::1'], own: ['127.0.1.1'] };

function places(onLookUp: (host: string) => void = () => undefined) {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs };
  const lookUp = async (host: string): Promise<readonly string[]> => {
    onLookUp(host);
    const found = hosts[host];
    if (found === undefined) throw new Error('ENOTFOUND');
    return found;
  };
  return { clock, places: new MemberPlaces(lookUp, 'demo150', clock) };
}

void t.test('a member is where the hosts of its URLs are, by name and by address', async (t) => {
  t.same(
    await places().places.of('a', [
      'https://ETCD-A.lan:2379',
      'https://10.1.0.1:2380',
      'https://[fd00::0:2]:2380',
      'https://[::ffff:10.1.0.1]:2380',
    ]),
    {
      names: ['a', 'etcd-a.lan'],
      addresses: new Set(['10.0.0.1', 'fd00::1', '10.1.0.1', 'fd00::2']),
      isWhole: true,
    },
  );
});

void t.test('what is at a loopback address alone is on the machine of the coordinator that asks', async (t) => {
  const own = { names: ['default', 'demo150'], addresses: new Set(), isWhole: true };
  t.same(await places().places.of('default', ['http://localhost:2379', 'http://127.0.0.1:2380', 'http://[::1]:2380']), own);
  t.match(await places().places.of('default', ['http://own:2379']), { names: ['default', 'own', 'demo150'] });
  t.match(await places().places.of('default', ['http://10.0.0.7:2379', 'http://localhost:2380']), {
    names: ['default'],
    addresses: new Set(['10.0.0.7']),
  });
});

void t.test('a member whose hosts can not be looked up may be anywhere', async (t) => {
  t.same(await places().places.of('a', ['http://gone:2379']), { names: ['a', 'gone'], addresses: new Set(), isWhole: false });
  t.same(await places().places.of('a', ['http://0.0.0.0:2379', 'http://[::]:2379']), {
    names: ['a'],
    addresses: new Set(),
    isWhole: false,
  });
  t.same(await places().places.of('', []), { names: [], addresses: new Set(), isWhole: false });
  const silent = new MemberPlaces(() => new Promise(() => undefined), 'demo150', { monotonicMs: () => 0 });
  t.match(await silent.of('a', ['http://gone:2379']), { isWhole: false }, 'nor is a silent resolver waited for');
});

void t.test('a member of which one host can not be looked up may be there, also where the others are known', async (t) => {
  t.same(await places().places.of('a', ['http://gone:2380', 'http://10.1.0.1:2379']), {
    names: ['a', 'gone'],
    addresses: new Set(['10.1.0.1']),
    isWhole: false,
  });
  t.same(await places().places.of('a', ['http://gone:2380', 'http://localhost:2379']), {
    names: ['a', 'gone'],
    addresses: new Set(),
    isWhole: false,
  });
});

void t.test('a name is looked up once, and again after half a minute', async (t) => {
  const asked: string[] = [];
  const { clock, places: found } = places((host) => asked.push(host));
  await Promise.all([found.of('a', ['http://etcd-a.lan:2379']), found.of('a', ['http://etcd-a.lan:2379', 'http://etcd-a.lan:2380'])]);
  t.same(asked, ['etcd-a.lan']);
  clock.nowMs = 30_001;
  await found.of('a', ['http://etcd-a.lan:2379']);
  t.same(asked, ['etcd-a.lan', 'etcd-a.lan']);
});
