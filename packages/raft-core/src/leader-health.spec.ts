import { describe, expect, test } from 'vitest';
import { OneNode, fetchRequest } from '../test/one-node.js';

/** A voter fetches at that offset. */
const fetches = (node: OneNode, from: number, offset: number) => node.ask(fetchRequest({ from, epoch: 1, offset, lastEpoch: 1, highWatermark: 'unknown' }));
/** Leads epoch 1 with everything committed. */
const settled = (setup: ConstructorParameters<typeof OneNode>[0] = {}) => {
  const node = OneNode.leading(setup);
  fetches(node, 2, 3);
  fetches(node, 3, 3);
  node.forget();
  return node;
};
const lastReason = (node: OneNode) => node.only('leadershipLost').at(-1)?.reason;
/** The voters fetch every 100 ms, at these offsets. */
function goOn(node: OneNode, ms: number, offsets: Readonly<Record<number, number>>): void {
  for (let passed = 0; passed < ms; passed += 100) {
    node.advance(100);
    if (node.status.role !== 'leader') return;
    for (const [from, offset] of Object.entries(offsets)) fetches(node, Number(from), offset);
  }
}

describe('a leader whose followers fetch but get no further', () => {
  test('gives up after two fetch timeouts, though check-quorum is content', () => {
    const node = settled();
    node.propose();
    goOn(node, 3900, { 2: 3, 3: 3 });
    expect(node.status.role).toBe('leader');
    goOn(node, 200, { 2: 3, 3: 3 });
    expect(node.status.role).toBe('resigned');
    expect(lastReason(node)).toContain('gets no further');
  });

  test('stays while nothing waits for a majority', () => {
    const node = settled();
    goOn(node, 20_000, { 2: 3, 3: 3 });
    expect(node.status.role).toBe('leader');
  });

  test('gives up too when some get on, but no majority: the others fetch without hearing the answers', () => {
    const node = settled({ voters: [1, 2, 3, 4, 5] });
    for (const from of [2, 3, 4, 5]) fetches(node, from, 3);
    for (let offset = 4; offset < 12 && node.status.role === 'leader'; offset += 1) {
      node.propose();
      goOn(node, 1000, { 2: offset, 3: 3, 4: 3 });
    }
    expect(node.status.role).toBe('resigned');
  });

  test('stays while a majority gets on, however slowly', () => {
    const node = settled({ voters: [1, 2, 3, 4, 5] });
    for (const from of [2, 3, 4, 5]) fetches(node, from, 3);
    for (let records = 0; records < 9; records += 1) node.propose();
    for (let offset = 4; offset < 12; offset += 1) goOn(node, 3000, { 2: offset, 3: offset - 1, 4: 3, 5: 3 });
    expect(node.status.role).toBe('leader');
  });

  test('counts anew once something was committed', () => {
    const node = settled();
    node.propose();
    goOn(node, 3000, { 2: 3, 3: 3 });
    fetches(node, 2, 4);
    node.propose();
    goOn(node, 3000, { 2: 4, 3: 3 });
    expect(node.status.role).toBe('leader');
  });
});

describe('a leader whose own disk is slow', () => {
  const slow = () => {
    const node = settled();
    node.flushesAtOnce = false;
    node.propose();
    fetches(node, 2, 4);
    fetches(node, 3, 4);
    expect(node.status).toMatchObject({ highWatermark: 4, flushedOffset: 3 });
    return node;
  };

  test('hands over when it lags behind the majority for longer than the bound', () => {
    const node = slow();
    node.advance(499);
    expect(node.status.role).toBe('leader');
    node.advance(1);
    expect(node.status.role).toBe('resigned');
    expect(lastReason(node)).toContain('disk');
    expect(node.open('endQuorumEpoch')[0]?.request.preferredCandidates.map(({ id }) => id)).toEqual([2, 3]);
  });

  test('stays when its disk comes along in time', () => {
    const node = slow();
    node.advance(400);
    node.flush();
    node.advance(140);
    expect(node.status.role).toBe('leader');
  });

  test('stays when the others are as slow: nobody would do better', () => {
    const node = settled();
    node.flushesAtOnce = false;
    node.propose();
    goOn(node, 2000, { 2: 3, 3: 3 });
    expect(node.status.role).toBe('leader');
  });
});

describe('a leader that stood still', () => {
  test('for longer than an election timeout gives up before it takes in anything, a Fetch that was waiting or a proposal', () => {
    for (const wake of [(node: OneNode) => void fetches(node, 2, 3), (node: OneNode) => void node.propose(), (node: OneNode) => node.step({ kind: 'read', token: 1 })]) {
      const node = settled();
      fetches(node, 2, 3); // parked, so that a deadline is near
      node.forget();
      node.sleep(1200);
      wake(node);
      expect(node.status.role).toBe('resigned');
      expect(node.only('append')).toEqual([]);
      expect(node.only('replyFetch')).toEqual([]);
      expect(node.only('readReady')).toEqual([]);
      expect(lastReason(node)).toContain('stood still');
    }
  });

  test('is none that is written to without a pause: what it answered long ago is not late', () => {
    const node = settled();
    for (let end = 3; end < 1000; end++) {
      fetches(node, 2, end);
      fetches(node, 3, end);
      node.sleep(3);
      node.propose();
    }
    expect(node.status.role).toBe('leader');
  });

  test('for less leads on', () => {
    const node = settled();
    node.sleep(900);
    fetches(node, 2, 3);
    expect(node.status.role).toBe('leader');
  });

  test('past its check-quorum window serves nobody, even if its timers were not late', () => {
    const node = settled();
    // Timers that go off at their time, and a Fetch that arrives in the very moment in which the window ends.
    node.advance(2999);
    expect(node.status.role).toBe('leader');
    node.sleep(1);
    fetches(node, 2, 3);
    expect(node.status.role).toBe('resigned');
  });

  test('leads on when it is the only voter', () => {
    const node = OneNode.leading({ voters: [1] });
    node.sleep(60_000);
    node.propose();
    expect(node.status).toMatchObject({ role: 'leader', highWatermark: 4 });
  });
});
