import t from 'tap';
import { agentBounds } from '../../../../common/agent-bounds.ts';
import { carriedBy } from '../../../../coordinator/gates/etcd/carried.ts';
import type { MemberPlace } from '../../../../coordinator/gates/etcd/members.ts';
import { node } from '../../../support/domain-records.ts';

const at = (names: readonly string[], ...addresses: readonly string[]): MemberPlace => ({
  names,
  addresses: new Set(addresses),
  isWhole: true,
});
const told = (...addresses: readonly string[]) => node('demo151', ['mon'], { addresses });

function lives(place: MemberPlace, on = told('10.0.0.1')): string {
  const { own, unsure } = carriedBy([{ place }], on);
  return own.length > 0 ? 'here' : unsure.length > 0 ? 'unknown' : 'elsewhere';
}

void t.test('a member lives on the node that has its name or one of its addresses', (t) => {
  t.equal(lives(at([], '10.9.9.9', '10.0.0.1')), 'here');
  t.equal(lives(at(['Demo151.lan'], '10.9.9.9')), 'here');
  t.equal(lives(at(['demo151.lan', 'demo15'], '10.9.9.9'), node('demo15', [], { addresses: ['10.0.0.5'] })), 'here');
  t.equal(lives(at([], 'fd00::1'), told('FD00:0:0::1')), 'here', 'in whatever form the node tells it');
  t.end();
});

void t.test('a member whose addresses the node has not told is elsewhere', (t) => {
  t.equal(lives(at(['demo152'], '10.0.0.2')), 'elsewhere');
  t.equal(lives(at(['demo1'], '10.0.0.2')), 'elsewhere');
  t.equal(lives(at(['another-machine'])), 'elsewhere', 'on a loopback address of another machine');
  t.end();
});

void t.test('where neither name nor address can be compared it is not known', (t) => {
  t.equal(lives(at(['demo152'], '10.0.0.2'), told()), 'unknown', 'the node has told no address');
  const many = Array.from({ length: agentBounds.addresses }, (_, id) => `10.1.0.${id}`);
  t.equal(lives(at(['demo152'], '10.0.0.2'), told(...many)), 'unknown', 'the node has more than it tells');
  t.equal(lives({ ...at(['etcd-a']), isWhole: false }), 'unknown', 'the member has none that could be found out');
  t.equal(lives({ ...at(['demo151']), isWhole: false }, told()), 'here', 'a name is enough');
  t.end();
});

void t.test('a member of which one host could not be looked up may be where that one is', (t) => {
  t.equal(lives({ ...at(['demo152'], '10.0.0.2'), isWhole: false }), 'unknown');
  t.equal(lives({ ...at(['etcd-a'], '10.0.0.1'), isWhole: false }), 'here');
  t.end();
});
