/** What the nodes of tests say of themselves. */
export const sampleFacts = { distroId: 'debian', distroVersion: '12', arch: 'amd64', board: '', roles: ['osd'], agentVersion: '0.1.0' };

export const sampleToken = { epoch: '11111111-1111-4111-8111-111111111111', createRevision: 7 };
