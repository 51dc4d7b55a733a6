import t from 'tap';
import { slotAfter, slotEvents, slotPlaces, type SlotEvent, type SlotPlace } from '../../coordinator/slot-machine.ts';

void t.test('only a grant, or what an agent holds already or may hold, takes a slot', async (t) => {
  const places: Partial<Record<SlotEvent, SlotPlace>> = { grant: 'granted', rebuild: 'begun', doubt: 'quarantined' };
  for (const event of slotEvents) t.equal(slotAfter('free', event), places[event], event);
});

void t.test('what an agent has begun is begun, also where etcd has no more than the grant', async (t) => {
  for (const place of slotPlaces)
    t.equal(slotAfter(place, 'rebuild'), place === 'free' || place === 'granted' ? 'begun' : undefined, place);
});

void t.test('nothing but the word of its agent, or a write-off after force, leads from begun to free', async (t) => {
  const reached = new Set<SlotPlace>();
  const queue: SlotPlace[] = ['begun'];
  for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
    if (reached.has(place)) continue;
    reached.add(place);
    for (const event of slotEvents) {
      if (event === 'end' || event === 'write-off') continue;
      const after = slotAfter(place, event);
      if (after !== undefined) queue.push(after);
    }
  }
  t.strictSame([...reached].toSorted(), ['begun', 'quarantined', 'revoked']);
});

void t.test('no passing of time frees anything but a grant, and health alone frees only what has ended', async (t) => {
  for (const place of slotPlaces) {
    t.equal(slotAfter(place, 'lapse') !== undefined, place === 'granted', `lapse of ${place}`);
    t.equal(slotAfter(place, 'free') !== undefined, place === 'ended', `free of ${place}`);
  }
});

void t.test('what was taken back never begins again', async (t) => {
  for (const place of slotPlaces) t.equal(slotAfter(place, 'begin'), place === 'granted' ? 'begun' : undefined, place);
});
