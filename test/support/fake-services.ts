import type { Services } from '../../agent/ports.ts';

type Told = Pick<Services, 'isActive' | 'stop' | 'start'> & Partial<Services>;

/** A service manager of which a test says what it wants: nothing stops along with anything, nothing dies, and what is active runs. */
export function fakeServices(told: Told): Services {
  return {
    isAvailable: () => Promise.resolve(true),
    reload: () => Promise.resolve(),
    ownUnit: () => undefined,
    stopsWith: () => Promise.resolve([]),
    startAnew: told.start,
    isRunning: told.isActive,
    deaths: () => Promise.resolve(0),
    ...told,
  };
}
