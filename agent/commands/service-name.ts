import { UvsError } from '../../common/errors.ts';
import { unitPattern } from '../../common/unit-pattern.ts';

/**
 * Completes what somebody at the console wrote for a service with its suffix.
 * @throws UvsError INVALID_ARGUMENT, also of a target: it runs on though its services are down, and they start without it
 */
export function serviceName(text: string): string {
  const unit = unitPattern(text);
  if (unit !== undefined && unit.endsWith('.service') && !unit.includes('*')) return unit;
  throw new UvsError('INVALID_ARGUMENT', `${text.slice(0, 100)} is not the name of one service`, {
    hint: 'Name each of the services that write there, e.g. --unit ceph-osd@3,ceph-osd@4.',
  });
}
