/** The keys that log lines, spans and trace lines share, so that one search finds all of them. */
export const LOG_KEY = {
  node: 'node',
  epoch: 'epoch',
  role: 'role',
  offset: 'offset',
  peer: 'peer',
  leader: 'leader',
  reason: 'reason',
  requestId: 'requestId',
  durationMs: 'durationMs',
} as const;
