import type { Voter } from '@quorate/raft-core';
import type { NodeId, Uuid } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { LogShadow } from '../log-shadow.js';
import type { ShadowBatch } from '../log-shadow.js';
import { Violation } from '../violation.js';
import { AcknowledgedIsNeverLost } from './acknowledged-is-never-lost.js';
import { AtomicIsWhole } from './atomic-is-whole.js';
import { CachesArePrefixes } from './caches-are-prefixes.js';
import { CommitsBeginInOwnEpoch } from './commits-begin-in-own-epoch.js';
import { CommittedIsNeverCut } from './committed-is-never-cut.js';
import { DeliveredInOrder } from './delivered-in-order.js';
import { EpochsNeverFall } from './epochs-never-fall.js';
import { EqualOffsetEqualDigest } from './equal-offset-equal-digest.js';
import { FlushedBeforeAcknowledged } from './flushed-before-acknowledged.js';
import { HighWatermarkNeverFalls } from './high-watermark-never-falls.js';
import { LeaderIsComplete } from './leader-is-complete.js';
import { LogsAgree } from './logs-agree.js';
import { MajorityHoldsCommitted } from './majority-holds-committed.js';
import { OneLeaderPerEpoch } from './one-leader-per-epoch.js';
import { OneVotePerEpoch } from './one-vote-per-epoch.js';
import { OneVoterChangeAtATime } from './one-voter-change-at-a-time.js';
import { QueueBounds } from './queue-bounds.js';
import { ReadsAreFresh } from './reads-are-fresh.js';
import { RecoveredWhatWasFlushed } from './recovered-what-was-flushed.js';
import { RepliesAreCommitted } from './replies-are-committed.js';
import { ReplayEqualsImage } from './replay-equals-image.js';
import { RequestAppliedOnce } from './request-applied-once.js';
import { LeaderNeverLoads } from './leader-never-loads.js';
import { SnapshotAtLogStart } from './snapshot-at-log-start.js';
import { SnapshotEqualsReplay } from './snapshot-equals-replay.js';
import { StableLeadership } from './stable-leadership.js';
import { VotePersistedBeforeSent } from './vote-persisted-before-sent.js';

/** Every check is shown a history that keeps its rule, then one that breaks it. */
function breaks(check: string, act: () => void): void {
  expect(act).toThrow(Violation);
  expect(act).toThrow(`${check}:`);
}

const batch = (baseOffset: number, checksum: number, epoch = 1): ShadowBatch => ({ baseOffset, endOffset: baseOffset + 1, epoch, checksum });

function logOf(checksums: readonly number[], flushedEnd: number): LogShadow {
  const log = new LogShadow();
  for (const [offset, checksum] of checksums.entries()) log.append(batch(offset, checksum));
  log.flushed(flushedEnd);
  return log;
}

describe('the checks, each with a history in which it fails', () => {
  it('finds two leaders in one epoch', () => {
    const check = new OneLeaderPerEpoch();
    check.leads(1, 4);
    check.leads(1, 4);
    check.leads(2, 5);

    breaks('one-leader-per-epoch', () => check.leads(2, 4));
  });

  it('finds an epoch that falls while a node runs', () => {
    const check = new EpochsNeverFall();
    check.runs(1, 3);
    check.runs(1, 4);

    breaks('epochs-never-fall', () => check.runs(1, 3));
  });

  it('lets a node forget an epoch that only stood in memory, and finds one that was on disk', () => {
    const check = new EpochsNeverFall();
    check.persisted(1, 3);
    check.runs(1, 4);
    check.restarted(1, 3);
    check.runs(1, 3);

    breaks('epochs-never-fall', () => check.restarted(1, 2));
  });

  it('finds a high watermark that falls, but not over a restart', () => {
    const check = new HighWatermarkNeverFalls();
    check.observed(1, 10);
    check.restarted(1);
    check.observed(1, 5);

    breaks('high-watermark-never-falls', () => check.observed(1, 4));
  });

  it('finds two different batches committed at one offset', () => {
    const check = new LogsAgree();
    check.delivered(1, batch(0, 77));
    check.delivered(2, batch(0, 77));

    breaks('logs-agree', () => check.delivered(3, batch(0, 78)));
  });

  it('finds batches committed with other edges', () => {
    const check = new LogsAgree();
    check.delivered(1, { ...batch(0, 77), endOffset: 3 });

    breaks('logs-agree', () => check.delivered(2, batch(2, 78)));
  });

  it('finds a commit that a majority has only written, not synced', () => {
    const check = new MajorityHoldsCommitted();
    const logs = new Map([
      [1, logOf([7, 8], 2)],
      [2, logOf([7, 8], 2)],
      [3, logOf([7], 1)],
    ]);
    check.leaderAdvanced(1, 2, logs.get(1), logs);
    logs.set(2, logOf([7, 8], 1));

    breaks('majority-holds-committed', () => check.leaderAdvanced(1, 2, logs.get(1), logs));
  });

  it('finds a commit that a majority holds other bytes of', () => {
    const logs = new Map([
      [1, logOf([7, 8], 2)],
      [2, logOf([7, 9], 2)],
      [3, logOf([7], 1)],
    ]);

    breaks('majority-holds-committed', () => new MajorityHoldsCommitted().leaderAdvanced(1, 2, logs.get(1), logs));
  });

  it('finds a commit that counts a voter whose disk is gone', () => {
    const log = logOf([7, 8], 2);
    const logs = new Map([
      [1, log],
      [2, undefined],
      [3, undefined],
    ]);

    breaks('majority-holds-committed', () => new MajorityHoldsCommitted().leaderAdvanced(1, 2, log, logs));
  });

  it('finds a leader without everything that is committed', () => {
    const check = new LeaderIsComplete();
    check.committed(batch(0, 7), 1);
    check.committed(batch(1, 8), 3);
    check.elected(1, 4, logOf([7, 8, 9], 3));
    check.elected(2, 2, logOf([7], 1)); // learns late that it has won epoch 2

    breaks('leader-is-complete', () => check.elected(2, 4, logOf([7], 1)));
  });

  it('finds an acknowledged creation that is gone, and an acknowledged deletion that is not', () => {
    const check = new AcknowledgedIsNeverLost();
    check.began('maybe');
    check.began('orders');
    check.acknowledged('orders', 'created');
    check.check(1, (name) => name === 'orders');

    breaks('acknowledged-is-never-lost', () => check.check(1, () => false));
    check.acknowledged('orders', 'deleted');
    breaks('acknowledged-is-never-lost', () => check.check(1, (name) => name === 'orders'));
  });

  it('finds voter sets that differ by more than one replica', () => {
    const check = new OneVoterChangeAtATime();
    const voter = (id: number, directory = 'a'): Voter => ({ id: id as NodeId, directoryId: `${directory}${id}` as Uuid, endpoints: [], kraftVersion: { min: 0, max: 1 } });
    check.check(1, [voter(1), voter(2), voter(3)], [voter(1), voter(2)]);

    breaks('one-voter-change-at-a-time', () => check.check(1, [voter(1), voter(2), voter(3, 'b')], [voter(1), voter(2), voter(3)]));
    breaks('one-voter-change-at-a-time', () => check.check(1, [voter(1)], [voter(1), voter(2), voter(3)]));
  });

  it('finds a leader that is made to load a snapshot', () => {
    const check = new LeaderNeverLoads();
    check.loads(1, 5);
    check.claimed(1);
    check.loads(2, 5);

    breaks('leader-never-loads', () => check.loads(1, 9));
    check.renounced(1);
    check.loads(1, 9);
  });

  it('finds a log that begins where no snapshot ends, and a snapshot from before the log', () => {
    const check = new SnapshotAtLogStart();
    const log = logOf([7, 8, 9], 3);
    const snapshot = { endOffset: 2, epoch: 1, chainChecksum: 8 };
    const committed = (endOffset: number) => (endOffset <= 3 ? { epoch: 1, checksum: 6 + endOffset } : undefined);
    check.check(1, log, [], committed);
    log.deleteBefore(2);
    check.check(1, log, [snapshot], committed);

    breaks('snapshot-at-log-start', () => check.check(1, log, [], committed));
    breaks('snapshot-at-log-start', () => check.check(1, log, [{ ...snapshot, endOffset: 3, chainChecksum: 9 }], committed));
    breaks('snapshot-at-log-start', () => check.check(1, log, [{ endOffset: 1, epoch: 1, chainChecksum: 7 }, snapshot], committed));
  });

  it('finds a snapshot that ends where no committed batch ends, or another one', () => {
    const check = new SnapshotAtLogStart();
    const snapshot = { endOffset: 2, epoch: 1, chainChecksum: 8 };

    breaks('snapshot-at-log-start', () => check.check(1, logOf([7, 8], 2), [snapshot], () => undefined));
    breaks('snapshot-at-log-start', () => check.check(1, logOf([7, 8], 2), [snapshot], () => ({ epoch: 2, checksum: 8 })));
    breaks('snapshot-at-log-start', () => check.check(1, logOf([7, 8], 2), [snapshot], () => ({ epoch: 1, checksum: 9 })));
  });

  it('finds a snapshot with another content than a replay, or where none can end', () => {
    const check = new SnapshotEqualsReplay();
    check.check(1, 5, 'aa', 'aa');

    breaks('snapshot-equals-replay', () => check.check(1, 5, 'aa', 'bb'));
    breaks('snapshot-equals-replay', () => check.check(1, 5, 'aa', undefined));
  });

  it('finds a cache that loads a snapshot of less than it has, or of something else', () => {
    const check = new CachesArePrefixes();
    check.loaded(301, { endOffset: 1, checksum: 7 }, batch(0, 7));
    check.applied(301, batch(1, 8), batch(1, 8));

    breaks('caches-are-prefixes', () => check.loaded(301, { endOffset: 1, checksum: 7 }, batch(0, 7)));
    breaks('caches-are-prefixes', () => check.loaded(301, { endOffset: 3, checksum: 9 }, { ...batch(2, 10) }));
    breaks('caches-are-prefixes', () => check.loaded(301, { endOffset: 3, checksum: 9 }, undefined));
  });

  it('takes a log that begins with a snapshot for one that holds what came before', () => {
    const log = logOf([7, 8, 9], 3);
    log.deleteBefore(2);

    expect([log.startOffset, log.endOffset, log.flushedEnd]).toEqual([2, 3, 3]);
    expect([log.holds(batch(0, 99)), log.holds(batch(1, 8)), log.holds(batch(1, 99)), log.holds(batch(2, 9)), log.holds(batch(2, 99)), log.holds(batch(3, 10))]).toEqual([true, true, false, true, false, false]);
    log.beginAnew({ endOffset: 10, checksum: 55 });
    expect([log.startOffset, log.endOffset, log.flushedEnd, log.holds(batch(9, 55))]).toEqual([10, 10, 10, true]);
  });

  it('finds a read that is served at an older offset than it asked for', () => {
    const check = new ReadsAreFresh();
    check.answered(1, 5, 5);

    breaks('reads-are-fresh', () => check.answered(1, 5, 4));
  });

  it('finds a topic of which only a part is there', () => {
    const check = new AtomicIsWhole();
    check.asked('wide', { kind: 'create', partitions: 60, validateOnly: false });
    check.check(1, () => undefined);
    check.check(1, () => 60);

    breaks('atomic-is-whole', () => check.check(1, () => 12));
  });

  it('finds a fetch that acknowledges what is not on disk', () => {
    const check = new FlushedBeforeAcknowledged();
    check.fetchSent(1, 5, 5);

    breaks('flushed-before-acknowledged', () => check.fetchSent(1, 6, 5));
  });

  it('finds a vote that is spoken of before it is on disk', () => {
    const check = new VotePersistedBeforeSent();
    check.sent(1, { epoch: 3, candidateId: 2 }, { epoch: 3, votedId: 2 });

    breaks('vote-persisted-before-sent', () => check.sent(1, { epoch: 3, candidateId: 2 }, { epoch: 3, votedId: undefined }));
    breaks('vote-persisted-before-sent', () => check.sent(1, { epoch: 4, candidateId: 2 }, { epoch: 3, votedId: 2 }));
    breaks('vote-persisted-before-sent', () => check.sent(1, { epoch: 4, candidateId: 2 }, undefined));
  });

  it('finds two votes of one replica in one epoch', () => {
    const check = new OneVotePerEpoch();
    check.granted('1/a', 3, 2);
    check.granted('1/b', 3, 3);

    breaks('one-vote-per-epoch', () => check.granted('1/a', 3, 3));
  });

  it('finds two images that differ at one offset', () => {
    const check = new EqualOffsetEqualDigest();
    check.observed(1, 10, 'aa');
    check.observed(2, 11, 'bb');

    breaks('equal-offset-equal-digest', () => check.observed(2, 10, 'bb'));
  });

  it('finds an image that its log does not replay to', () => {
    const check = new ReplayEqualsImage();
    check.check(1, { offset: 5, digest: 'aa' }, { offset: 5, digest: 'aa' });

    breaks('replay-equals-image', () => check.check(1, { offset: 5, digest: 'aa' }, { offset: 5, digest: 'ab' }));
  });

  it('finds a request that is committed twice', () => {
    const check = new RequestAppliedOnce();
    check.committed('r1', 10);
    check.committed('r1', 10); // the same batch, seen on another node

    breaks('request-applied-once', () => check.committed('r1', 12));
  });

  it('finds a queue beyond its bound', () => {
    const check = new QueueBounds({ inputs: 10 });
    check.check(1, { inputs: 10, unbounded: 1e9 });

    breaks('queue-bounds', () => check.check(1, { inputs: 11 }));
  });

  it('finds a log that is cut below the high watermark', () => {
    const check = new CommittedIsNeverCut();
    check.truncated(1, 5, 5);

    breaks('committed-is-never-cut', () => check.truncated(1, 4, 5));
  });

  it('finds a log that comes back without what was flushed', () => {
    const check = new RecoveredWhatWasFlushed();
    check.recovered(1, logOf([7, 8, 9], 2), logOf([7, 8], 2));

    breaks('recovered-what-was-flushed', () => check.recovered(1, logOf([7, 8], 2), logOf([7], 1)));
    breaks('recovered-what-was-flushed', () => check.recovered(1, logOf([7, 8], 2), logOf([7, 9], 2)));
  });

  it('finds a batch delivered twice, out of order, too early, and a claim before its time', () => {
    const check = new DeliveredInOrder();
    check.restarted(1, 0);
    check.delivered(1, 0, 2, 2);
    check.claimed(1, 1);

    breaks('delivered-in-order', () => check.delivered(1, 0, 2, 2));
    breaks('delivered-in-order', () => check.delivered(1, 3, 4, 9));
    breaks('delivered-in-order', () => check.delivered(1, 2, 4, 3));
    breaks('delivered-in-order', () => check.claimed(1, 4));
  });

  it('finds an answer that speaks of what is not committed, or not in the image', () => {
    const check = new RepliesAreCommitted();
    check.answered(1, 5, { stableOffset: 5, committedAnywhere: 6 });

    breaks('replies-are-committed', () => check.answered(1, 6, { stableOffset: 5, committedAnywhere: 6 }));
    breaks('replies-are-committed', () => check.answered(1, 7, { stableOffset: 7, committedAnywhere: 6 }));
  });

  it('finds a cache that skips, repeats, runs ahead of the commit, holds other bytes, or has to start over', () => {
    const check = new CachesArePrefixes();
    check.applied(301, batch(0, 7), batch(0, 7));
    check.restarted(302);

    breaks('caches-are-prefixes', () => check.applied(301, batch(0, 7), batch(0, 7)));
    breaks('caches-are-prefixes', () => check.applied(301, batch(2, 9), batch(2, 9)));
    breaks('caches-are-prefixes', () => check.applied(301, batch(1, 8), undefined));
    breaks('caches-are-prefixes', () => check.applied(301, batch(1, 8), batch(1, 88)));
    breaks('caches-are-prefixes', () => check.startedOver(302, 'test'));
  });

  it('finds a leadership that moves in a calm world, and lets it move in others', () => {
    const calm = new StableLeadership(true);
    calm.claimed(1, 2);
    const wild = new StableLeadership(false);
    wild.claimed(1, 2);
    wild.claimed(2, 3);

    breaks('stable-leadership', () => calm.claimed(2, 3));
  });

  it('finds a leader that commits records of an older epoch by count', () => {
    const check = new CommitsBeginInOwnEpoch();
    check.leaderAdvanced(1, 6, 5);

    breaks('commits-begin-in-own-epoch', () => check.leaderAdvanced(1, 5, 5));
  });
});
