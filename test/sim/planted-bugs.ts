/** A change of a source: what it says, once, and what it says then. */
export interface Edit {
  readonly path: string;
  readonly sound: string;
  readonly bug: string;
}

const protocol = 'coordinator/core/slot-protocol.ts';
const admission = 'coordinator/core/slot-admission.ts';
const drains = 'coordinator/core/drains.ts';

/** Mistakes that somebody might make, for the test of the test: each is found within a thousand seeds, by a broken promise. */
export const plantedBugs: Readonly<Record<string, readonly Edit[]>> = {
  'the leader is not compared': [
    {
      path: 'coordinator/state/ledger.ts',
      sound: '[...this.#options.term.guard, this.#ledgerUnchanged(), ...(decision.compares ?? [])]',
      bug: '[this.#ledgerUnchanged(), ...(decision.compares ?? [])]',
    },
  ],
  'the token is not compared': [{ path: admission, sound: 'if (!isSameToken(token, slot.token)) return', bug: 'if (false) return' }],
  'the lease is trusted once begun': [
    {
      path: protocol,
      sound: "state: 'begun', beganAt, bootId }, lease: undefined }",
      bug: "state: 'begun', beganAt, bootId }, lease: (await this.#leading.etcd.leaseGrant(30)).id }",
    },
  ],
  'health alone frees': [
    {
      path: 'coordinator/rollout.ts',
      sound: "if (slot?.state === 'ended') {",
      bug: "if (slot?.state === 'ended' || slot?.state === 'begun') {",
    },
    {
      path: 'coordinator/rollout.ts',
      sound: "const outcome = slot.outcome ?? 'needs-operator';",
      bug: "const outcome = slot.outcome ?? 'installed';",
    },
    { path: protocol, sound: "held?.state !== 'ended' ||", bug: 'held === undefined ||' },
    { path: protocol, sound: "slot?.state === 'ended' && slot.token", bug: 'slot !== undefined && slot.token' },
  ],
  'evidence is not asked for': [
    {
      path: 'coordinator/core/health-evidence.ts',
      sound: 'const evidence = await freshEvidence(',
      bug: 'const evidence = leading.link.live(uid) ?? await freshEvidence(',
    },
  ],
  'the budget is not asked again at begin': [
    { path: admission, sound: 'return refusal === undefined ? undefined : excusedNo(refusal);', bug: 'return undefined;' },
  ],
  'a rollout that is paused begins': [
    { path: admission, sound: "if (records?.state.state !== 'running') return excusedNo(", bug: 'if (records === undefined) return no(' },
  ],
  'an etcd that was put back is believed': [
    { path: 'coordinator/budget.ts', sound: 'if (view.holdReason !== undefined) return', bug: 'if (false) return' },
  ],
  'nobody is waited for after an adoption': [
    { path: 'coordinator/hold.ts', sound: 'if (!ledger.isAdopting) return [];', bug: 'return [];' },
  ],
  'what is wanted is never done': [
    { path: 'coordinator/core/rollout-transactions.ts', sound: 'if (record.state === settled.state && ', bug: 'if (true || ' },
  ],
  'a cordoned node does not count': [
    { path: 'coordinator/node-status.ts', sound: 'if (node.cordonReason !== undefined) return', bug: 'if (false) return' },
  ],
  'a node that falls ill does not count': [
    { path: 'coordinator/node-status.ts', sound: 'if (live.failedServices.length > 0) return', bug: 'if (false) return' },
  ],
  'a begin that etcd has lost is not told to it': [
    { path: 'coordinator/core/mend-slot.ts', sound: "slotAfter(slot?.state ?? 'free', 'rebuild') === undefined", bug: 'true' },
  ],
  'a node is removed before it has told what it holds': [
    {
      path: 'coordinator/core/hidden-work.ts',
      sound: 'const live = link.live(node.uid);',
      bug: 'return undefined; const live = link.live(node.uid);',
    },
  ],
  'a node that is removed by force leaves nothing that counts': [
    {
      path: 'coordinator/core/node-removal.ts',
      sound: 'return takenBack(leading, mirror, slot, place, reason, actor).map((change) => asTombstone(change, node));',
      bug: "return [{ of: 'slot-gone', uid: slot.uid }];",
    },
  ],
  'what is set outside is recorded once it is set': [
    {
      path: drains,
      sound: "const record: DrainRecord = { uid, operation, state: 'setting', set, notes: {} };",
      bug: "const record = { uid, operation, state: 'setting', set, notes: {} }; for (const { name, drain } of drainGates) await this.#bounded(() => undefined, (signal) => drain.apply(set[name] ?? '[]', signal));",
    },
  ],
  'what is set outside is never taken back': [
    { path: drains, sound: '.filter(({ uid, operation }) => slots.get(uid)?.operation !== operation)', bug: '.filter(() => false)' },
  ],
  'a node begins before all is set outside': [
    { path: drains, sound: "return record?.operation === operation && record.state === 'set';", bug: 'return true;' },
  ],
  'what a rollout waits for is not told': [
    { path: 'coordinator/core/rollout-observer.ts', sound: "waitingFor: wait.isMoving ? '' : wait.reason", bug: "waitingFor: ''" },
  ],
  'what was refused seems to move': [
    {
      path: 'coordinator/rollout-waiting.ts',
      sound: 'return step.isConnected && step.refusal === undefined && !isStuck;',
      bug: 'return true;',
    },
    { path: 'coordinator/rollout-waiting.ts', sound: 'nowMs - restsSinceMs > FORGIVEN_MS', bug: 'false' },
  ],
  'a deadline pauses without a reason': [
    {
      path: 'coordinator/rollout-deadlines.ts',
      sound: 'reason: `${step.hostname} ${what}: ${describeStep(step, turn)}`',
      bug: "reason: ''",
    },
  ],
  'a no is taken for a yes': [
    { path: 'agent/slot-guard.ts', sound: "if (!answer.isYes) throw refused('may not begin', answer);", bug: '' },
  ],
  'a yes never grows old': [{ path: 'agent/slot-guard.ts', sound: 'YES_GOOD_MS = 10_000;', bug: 'YES_GOOD_MS = 10_000_000;' }],
  'the age of a yes is told by the wall clock': [
    { path: 'agent/slot-guard.ts', sound: 'this.#clock = options.clock;', bug: 'this.#clock = { nowMs: () => Date.now() };' },
  ],
  'an act is done on a yes of long before its record': [
    { path: 'agent/slot-guard.ts', sound: 'if (!this.#isFresh()) await this.mayDisturb(signal);', bug: '' },
  ],
  'nobody is asked before the next act': [{ path: 'agent/slot-guard.ts', sound: '    await this.#confirm(signal);', bug: '' }],
};
