import { UvsError } from '../../common/errors.ts';
import type { Term } from '../election.ts';

/** Has whoever asks go to the next leader once this one's term is over. @throws NOT_LEADER */
export function requireTerm(term: Pick<Term, 'isCurrent' | 'signal'>): void {
  if (term.isCurrent()) return;
  throw new UvsError('NOT_LEADER', 'this coordinator does not lead any more', {
    cause: term.signal.reason,
    hint: 'Ask the new leader.',
    details: { leader: '' },
  });
}
