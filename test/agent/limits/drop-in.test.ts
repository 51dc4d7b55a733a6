import t from 'tap';
import { limitedUnit } from '../../../agent/limits/drop-in.ts';

void t.test('a unit has limits of the agent’s where its drop-in is there, or what a cut has left of it', (t) => {
  t.equal(limitedUnit('ceph-osd@3.service.d', ['10-mine.conf', '90-uvs-limits.conf']), 'ceph-osd@3.service');
  t.equal(limitedUnit('ceph-osd@3.service.d', ['.90-uvs-limits.conf.0123456789ab']), 'ceph-osd@3.service');
  for (const file of ['10-mine.conf', '90-uvs-limits.conf.bak', '.90-uvs-limits.conf.swp', '.90-uvs-limits.conf.'])
    t.equal(limitedUnit('x.service.d', [file]), undefined, file);
  t.end();
});
