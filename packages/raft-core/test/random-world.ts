import type { EncodedBatch, NodeId } from '@quorate/records';
import type { Effect } from '../src/effect.js';
import type { RaftRequest, RaftResponse, VoterChangeRequest } from '../src/messages.js';
import type { Voter } from '../src/replica-key.js';
import { VoterSet, describeVoters } from '../src/voter-set.js';
import { CLUSTER, FakeHost, cutDamage, directoryOf, emptyDisk, endpointsOf, loseAll, numbered, seededRandom, voterOf, voterSetsOf, type Disk, type World } from './fake-host.js';

/** How rough a run is; drawn from the seed, so that calm and wild runs both occur. */
export interface Weather {
  readonly voters: number;
  readonly observers: number;
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly maxDelayMs: number;
  readonly maxFlushMs: number;
  readonly meanTroubleMs: number;
  /** Mean time between snapshots of all nodes together; Infinity: none are made. */
  readonly meanSnapshotMs: number;
  readonly snapshotPieceBytes: number;
  /** Mean time between voter changes; undefined: the voters stay who they are. */
  readonly meanChangeMs: number | undefined;
  /** How often trouble means a damaged log; never of more voters than a minority at a time, and not while voters come and go. */
  readonly damageRate: number;
}

interface Waiting {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * A handful of cores under a seed: loss, duplication, reordering, partitions, crashes that take the unflushed tail away, also
 * in the middle of a step's effects. What must never happen is checked at every effect, from outside the cores.
 */
export class RandomWorld implements World {
  weather: Weather;
  readonly trace: string[] = [];
  readonly #random: () => number;
  readonly #changeRandom: () => number;
  readonly #diskNumbers = new Map<NodeId, number>();
  /** Voter changes that an operator waits for. */
  readonly #asked = new Map<number, VoterChangeRequest>();
  changesDone = 0;
  updatesDone = 0;
  readonly #queue: Waiting[] = [];
  readonly #hosts = new Map<NodeId, FakeHost>();
  readonly #disks = new Map<NodeId, Disk>();
  readonly #tokens = new Map<number, { from: NodeId; to: NodeId; requestId: number; fromHost: FakeHost; request: RaftRequest }>();
  readonly #armed = new Map<FakeHost, number>();
  readonly #blocked = new Set<string>();
  readonly #pausedUntil = new Map<FakeHost, number>();
  #now = 0;
  #order = 0;
  #token = 0;
  #value = 0;
  #calm = false;
  steps = 0;

  readonly #leaderOfEpoch = new Map<number, NodeId>();
  readonly #committed = new Map<number, EncodedBatch>();
  /** Checksum of the committed batch that ends at that offset. */
  readonly #chain = new Map<number, number>();
  readonly #highWatermark = new Map<FakeHost, number>();
  readonly #persistedEpoch = new Map<NodeId, number>();
  readonly #votes = new Map<string, string>();
  committedEnd = 0;
  elections = 0;
  installs = 0;
  repairs = 0;
  /** Logs that were found damaged while in use. */
  mismatches = 0;

  constructor(seed: number, fixed: Partial<Weather> = {}) {
    const random = seededRandom(seed);
    this.#random = random;
    const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
    this.weather = {
      voters: pick([1, 2, 3, 3, 3, 4, 5, 5]),
      observers: pick([0, 0, 1, 2]),
      lossRate: pick([0, 0.01, 0.05, 0.2]),
      duplicateRate: pick([0, 0, 0.05]),
      maxDelayMs: pick([1, 5, 20, 60]),
      maxFlushMs: pick([0, 1, 5, 40]),
      meanTroubleMs: pick([150, 500, 2000]),
      meanSnapshotMs: pick([Infinity, 50, 300, 1500]),
      snapshotPieceBytes: pick([60, 300, 100_000]),
      meanChangeMs: undefined,
      damageRate: pick([0, 0, 0.1, 0.3]),
      ...fixed,
    };
    // A generator of their own: a seed without voter changes runs as it did before there were any.
    this.#changeRandom = seededRandom(seed ^ 0x6b70c853);
    if (this.#changeRandom() < 0.6 && !('meanChangeMs' in fixed)) {
      this.weather = { ...this.weather, observers: Math.max(1, this.weather.observers), meanChangeMs: [200, 700, 2000][Math.floor(this.#changeRandom() * 3)], damageRate: 0 };
    }
    for (let id = 1; id <= this.weather.voters + this.weather.observers; id += 1) this.#disks.set(id as NodeId, emptyDisk());
  }

  nowMs(): number {
    return this.#now;
  }

  /** Trouble for a while, then calm until all agree; throws at the first thing that must not be. */
  run(troubleMs: number): void {
    for (const id of this.#disks.keys()) this.#boot(id);
    this.#later(this.#random() * 100, () => this.#trouble());
    this.#later(5, () => this.#load());
    if (this.weather.meanSnapshotMs < Infinity) this.#later(this.weather.meanSnapshotMs, () => this.#snapshot());
    if (this.weather.meanChangeMs !== undefined) this.#later(100, () => this.#changeVoters());
    this.#runUntil(troubleMs);
    this.#calm = true;
    this.#blocked.clear();
    this.#pausedUntil.clear();
    for (const id of this.#disks.keys()) if (!this.#hosts.has(id)) this.#boot(id);
    const healedMs = this.#now;
    while (!this.#converged()) {
      if (this.#now - healedMs > 20_000) throw new Error(`no agreement 20 s after all faults ended:\n${this.#describe()}`);
      this.#runUntil(this.#now + 100);
    }
    this.#checkVoterSets();
  }

  /**
   * A leader that a majority can reach stays, whatever the others cannot reach: cuts links of a minority of followers, to the
   * leader and among each other, at random, and lets 20 s pass.
   */
  runWithMinorityCutOff(): void {
    for (const id of this.#disks.keys()) this.#boot(id);
    this.#calm = true;
    while (!this.#converged()) this.#runUntil(this.#now + 50);
    const leader = [...this.#hosts.values()].find((host) => host.core.status().role === 'leader');
    if (leader === undefined) throw new Error('nobody leads');
    const { epoch } = leader.core.status();
    const followers = [...this.#hosts.keys()].filter((id) => id !== leader.id && id <= this.weather.voters);
    const unlucky = followers.slice(0, Math.floor((this.weather.voters - 1) / 2));
    for (const id of unlucky) {
      for (const other of this.#hosts.keys()) if (other === leader.id || this.#chance(0.3)) this.#block(id, other);
    }
    this.#runUntil(this.#now + 20_000);
    const status = leader.core.status();
    if (status.role !== 'leader' || status.epoch !== epoch) throw new Error(`n${leader.id} led epoch ${epoch} and was disturbed:\n${this.#describe()}`);
  }

  /**
   * A half-broken switch: a majority can talk to each other, every other link is cut in one direction or both, or not, and the
   * present leader stands anywhere. Leadership must settle: after 10 s the same leader stays for 10 more, and commits.
   *
   * @returns how many elections were won until it had settled.
   */
  runWithBrokenSwitch(): number {
    for (const id of this.#disks.keys()) this.#boot(id);
    this.#calm = true;
    while (!this.#converged()) this.#runUntil(this.#now + 50);
    const voters = [...this.#hosts.keys()].filter((id) => id <= this.weather.voters);
    const majority = new Set([...voters].sort(() => this.#random() - 0.5).slice(0, Math.floor(voters.length / 2) + 1));
    for (const [index, a] of voters.entries()) {
      for (const b of voters.slice(index + 1)) if (!(majority.has(a) && majority.has(b)) && this.#chance(0.8)) this.#block(a, b);
    }
    const before = this.#leaderOfEpoch.size;
    this.#underLoad(10_000);
    const settled = this.#leaderOfEpoch.size;
    const committed = this.committedEnd;
    this.#underLoad(10_000);
    const links = `with ${[...this.#blocked].join(' ')} cut:\n${this.#describe()}`;
    if (this.#leaderOfEpoch.size > settled) throw new Error(`${this.#leaderOfEpoch.size - settled} more leaders after 10 s ${links}`);
    if (this.committedEnd === committed) throw new Error(`nothing is committed ${links}`);
    return settled - before;
  }

  #underLoad(forMs: number): void {
    for (const endMs = this.#now + forMs; this.#now < endMs; this.#load()) this.#runUntil(this.#now + 100);
  }

  /** Kills a settled leader and says how many milliseconds later another one leads. */
  timeToNextLeader(): number {
    for (const id of this.#disks.keys()) this.#boot(id);
    this.#calm = true;
    while (!this.#converged()) this.#runUntil(this.#now + 50);
    this.#runUntil(this.#now + 200 + this.#random() * 200);
    const leader = [...this.#hosts.values()].find((host) => host.core.status().role === 'leader');
    if (leader === undefined) throw new Error('nobody leads');
    this.#crash(leader, false);
    const killedMs = this.#now;
    while (![...this.#hosts.values()].some((host) => host.core.status().role === 'leader')) {
      if (this.#now > killedMs + 30_000) throw new Error(`no leader 30 s after a kill:\n${this.#describe()}`);
      this.#runUntil(this.#now + 0.5);
    }
    return this.#now - killedMs;
  }

  #block(a: NodeId, b: NodeId): void {
    const oneWay = this.#random();
    if (oneWay < 0.75) this.#blocked.add(`${a}>${b}`);
    if (oneWay > 0.25) this.#blocked.add(`${b}>${a}`);
  }

  // ---- the world that a host sees

  send(from: FakeHost, effect: Extract<Effect, { kind: 'send' }>, request: RaftRequest): void {
    if (request.kind === 'vote' && !request.preVote) this.#checkVoteDurable(from, request.candidateEpoch, from.id);
    const copies = this.#chance(this.weather.duplicateRate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) this.#deliver(from.id, nodeAt(effect), () => this.#arrive(from, effect, request));
  }

  reply(from: FakeHost, token: number, response: RaftResponse): void {
    if (token < 0) return this.#changeAnswered(token, response);
    const asked = this.#tokens.get(token);
    this.#tokens.delete(token);
    if (asked === undefined) return;
    if (asked.request.kind === 'vote' && !asked.request.preVote && response.kind === 'vote' && response.granted) {
      this.#checkVoteDurable(from, asked.request.candidateEpoch, asked.request.candidate.id);
    }
    this.#deliver(from.id, asked.from, () => {
      if (this.#hosts.get(asked.from) === asked.fromHost) this.#step(asked.fromHost, { kind: 'response', requestId: asked.requestId, from: asked.to, response });
    });
  }

  checkConnection(from: FakeHost, peer: NodeId): void {
    this.#later(this.#random() * 20, () => {
      const up = this.#hosts.has(peer) && !this.#isBlocked(from.id, peer) && !this.#isBlocked(peer, from.id);
      this.#step(from, { kind: up ? 'connectionUp' : 'connectionLost', peer });
    });
  }

  observe(from: FakeHost, effect: Effect): void {
    if (effect.kind === 'persistElectionState') this.#checkElectionState(from, effect.state.epoch, effect.state.leaderId, effect.state.votedKey?.id);
    if (effect.kind === 'advanceHighWatermark') this.#checkCommitted(from, effect.highWatermark);
    if (effect.kind === 'installSnapshot') this.#checkInstalled(from);
    if (effect.kind === 'recovered') this.repairs += 1;
    if (effect.kind === 'recoverLog') this.mismatches += 1;
    if (effect.kind === 'stop') throw new Error(`n${from.id} stops: ${effect.problem}`);
    if (effect.kind === 'verifyLog') this.#later(this.#random() * 100, () => (this.#isAlive(from) ? this.#guard(from, () => from.verify(effect)) : undefined));
    if (effect.kind === 'append' || effect.kind === 'appendControl') {
      const upTo = { endOffset: from.endOffset, generation: from.generation };
      this.#later(this.#random() * this.weather.maxFlushMs, () => {
        if (this.#isAlive(from)) this.#guard(from, () => from.flush(upTo));
      });
    }
    if (effect.kind === 'event' && effect.event.kind === 'electionEnded') this.elections += 1;
    if (effect.kind === 'event' && effect.event.kind === 'described' && effect.event.name === 'raft.voters.changed' && String(effect.event.attributes['change']).startsWith('updating')) this.updatesDone += 1;
  }

  // ---- what must hold

  #checkElectionState(host: FakeHost, epoch: number, leaderId: NodeId | undefined, votedId: NodeId | undefined): void {
    if (epoch < (this.#persistedEpoch.get(host.id) ?? 0)) throw new Error(`n${host.id}: epoch fell to ${epoch}`);
    this.#persistedEpoch.set(host.id, epoch);
    if (leaderId !== undefined) {
      const known = this.#leaderOfEpoch.get(epoch);
      if (known !== undefined && known !== leaderId) throw new Error(`two leaders in epoch ${epoch}: n${known} and n${leaderId}`);
      this.#leaderOfEpoch.set(epoch, leaderId);
    }
    if (votedId === undefined) return;
    const key = `${host.id} in ${epoch}`;
    const before = this.#votes.get(key);
    if (before !== undefined && before !== String(votedId)) throw new Error(`n${host.id} voted twice in epoch ${epoch}`);
    this.#votes.set(key, String(votedId));
  }

  #checkVoteDurable(host: FakeHost, epoch: number, candidateId: NodeId): void {
    const { election } = host.disk;
    if (election?.epoch !== epoch || election.votedKey?.id !== candidateId) throw new Error(`n${host.id} votes for n${candidateId} in epoch ${epoch} before that is on disk`);
  }

  #checkCommitted(host: FakeHost, highWatermark: number): void {
    const before = this.#highWatermark.get(host) ?? 0;
    if (highWatermark < before) throw new Error(`n${host.id}: high watermark fell from ${before} to ${highWatermark}`);
    this.#highWatermark.set(host, highWatermark);
    for (const batch of host.batches) {
      if (batch.baseOffset < before || batch.endOffset > highWatermark) continue;
      const known = this.#committed.get(batch.baseOffset);
      if (known !== undefined && known.checksum !== batch.checksum) throw new Error(`n${host.id}: another batch is committed at ${batch.baseOffset}`);
      if (known === undefined) this.#checkDurable(host, batch);
      this.#committed.set(batch.baseOffset, batch);
      this.#chain.set(batch.endOffset, batch.checksum);
      this.committedEnd = Math.max(this.committedEnd, batch.endOffset);
    }
    if (host.endOffset < highWatermark) throw new Error(`n${host.id}: high watermark ${highWatermark} beyond its log end ${host.endOffset}`);
  }

  /** Whoever says first that it is committed leads; the voters that it goes by must hold it. */
  #checkDurable(host: FakeHost, batch: EncodedBatch): void {
    const { voters } = host.core.status();
    const isHeld = (disk: Disk | undefined): boolean =>
      // What a damaged log has lost it had acknowledged once; until it is back, the node has no say.
      disk !== undefined && ((disk.recovery?.endOffset ?? 0) >= batch.endOffset || disk.start.offset >= batch.endOffset || disk.batches.some((one) => one.checksum === batch.checksum && one.baseOffset === batch.baseOffset));
    const holders = voters.filter(({ id, directoryId }) => {
      const isThatDisk = directoryOf(id, this.#diskNumber(id)) === directoryId;
      return isThatDisk && isHeld(this.#disks.get(id));
    });
    if (holders.length * 2 <= voters.length) throw new Error(`batch at ${batch.baseOffset} is called committed, but only ${holders.length} of ${voters.length} have it on disk`);
  }

  /** What was committed never changed the voters by more than one replica at a time, and never left nobody. */
  #checkVoterSets(): void {
    let before: VoterSet | undefined;
    for (const [offset, batch] of [...this.#committed].sort(([a], [b]) => a - b)) {
      for (const { voters } of voterSetsOf({ batches: [batch], snapshots: [] })) {
        const set = new VoterSet(voters);
        if (set.size === 0 || (before !== undefined && before.difference(set) > 1)) throw new Error(`the voter set at ${offset} does not follow the one before it: ${describeVoters(set)} after ${describeVoters(before ?? set)}`);
        before = set;
      }
    }
  }

  #checkInstalled(host: FakeHost): void {
    this.installs += 1;
    if (host.core.status().role === 'leader') throw new Error(`n${host.id} leads and installs a snapshot`);
    this.#checkSnapshots(host);
  }

  /** Each snapshot ends where a committed batch ends, with its checksum; a log that does not begin at 0 begins at one. */
  #checkSnapshots({ id: node, disk }: FakeHost): void {
    for (const { id, chainChecksum } of disk.snapshots) {
      if (this.#chain.get(id.endOffset) !== chainChecksum) throw new Error(`n${node}: the snapshot up to ${id.endOffset} is not what was committed`);
    }
    const { offset } = disk.start;
    if (offset > 0 && !disk.snapshots.some(({ id }) => id.endOffset === offset)) throw new Error(`n${node}: the log begins at ${offset}, where no snapshot ends`);
  }

  #converged(): boolean {
    const hosts = [...this.#hosts.values()];
    const leader = hosts.find((host) => host.core.status().role === 'leader');
    if (leader === undefined) return false;
    const { epoch, highWatermark, leaderHighWatermark, logEndOffset } = leader.core.status();
    if (leaderHighWatermark !== logEndOffset || highWatermark !== logEndOffset || logEndOffset < this.committedEnd) return false;
    return hosts.every((host) => {
      const status = host.core.status();
      return status.epoch === epoch && status.leaderId === leader.id && status.highWatermark === highWatermark && status.logEndOffset === logEndOffset;
    });
  }

  // ---- trouble and load

  #trouble(): void {
    if (this.#calm) return;
    const ids = [...this.#disks.keys()];
    const id = ids[Math.floor(this.#random() * ids.length)] as NodeId;
    const host = this.#hosts.get(id);
    const dice = this.#random();
    if (this.#chance(this.weather.damageRate)) this.#damage(id);
    if (host === undefined) this.#boot(id);
    else if (dice < 0.25) this.#crash(host);
    else if (dice < 0.4) host.crashAfterEffects = Math.floor(this.#random() * 20);
    else if (dice < 0.5) this.#step(host, { kind: 'resign', epoch: host.core.status().epoch, reason: 'drawn' });
    else if (dice < 0.55) this.#step(host, { kind: 'shutdown' });
    else if (dice < 0.65) this.#pausedUntil.set(host, this.#now + this.#random() * 1500);
    else if (dice < 0.7 && id > this.weather.voters) this.#wipe(host);
    else if (dice < 0.85) this.#partition(ids);
    else this.#blocked.clear();
    this.#later(-Math.log(1 - this.#random()) * this.weather.meanTroubleMs, () => this.#trouble());
  }

  /** Some node makes a snapshot of what is committed, or lets the log before one go. */
  #snapshot(): void {
    if (this.#calm) return;
    const hosts = [...this.#hosts.values()].filter((host) => !host.crashed && (this.#pausedUntil.get(host) ?? 0) <= this.#now);
    const host = hosts[Math.floor(this.#random() * hosts.length)];
    if (host !== undefined) this.#guard(host, () => this.#makeOrClean(host));
    this.#later(-Math.log(1 - this.#random()) * this.weather.meanSnapshotMs, () => this.#snapshot());
  }

  #makeOrClean(host: FakeHost): void {
    const edges = host.batches.filter((batch) => batch.endOffset <= host.highWatermark);
    const edge = edges[Math.floor(this.#random() * edges.length)];
    if (edge !== undefined) host.makeSnapshot(edge.endOffset);
    if (this.#chance(0.1)) host.rejectInstalls = 1;
    if (!this.#isAlive(host)) return;
    const { snapshots } = host.disk;
    const next = snapshots[Math.floor(this.#random() * snapshots.length)];
    const isGain = next !== undefined && next.id.endOffset > host.disk.start.offset && next.id.endOffset <= host.core.status().flushedOffset;
    if (isGain && this.#chance(0.5)) host.advanceLogStart(next);
    if (this.#isAlive(host)) this.#checkSnapshots(host);
  }

  // ---- voters come and go

  /** An operator who adds whom he likes and removes whom he likes, also the leader, also while the last change is on its way. */
  #changeVoters(): void {
    if (this.#calm) return;
    const random = this.#changeRandom;
    const leader = [...this.#hosts.values()].find((host) => host.core.status().role === 'leader');
    if (leader !== undefined) {
      const { voters } = leader.core.status();
      const outside = [...this.#disks.keys()].filter((id) => !voters.some((voter) => voter.id === id));
      const dice = random();
      const request = dice < 0.5 ? this.#additionOf(outside) : this.#removalOf(voters);
      if (request !== undefined) this.#askForChange(leader, request);
    }
    this.#later(-Math.log(1 - random()) * (this.weather.meanChangeMs ?? 0), () => this.#changeVoters());
  }

  #additionOf(outside: readonly NodeId[]): VoterChangeRequest | undefined {
    const id = outside[Math.floor(this.#changeRandom() * outside.length)];
    if (id === undefined) return undefined;
    const voter = { id, directoryId: directoryOf(id, this.#diskNumber(id)) };
    const ackWhenCommitted = this.#changeRandom() < 0.7;
    return { kind: 'addRaftVoter', ...CLUSTER, timeoutMs: 10_000, voter, endpoints: endpointsOf(id), ackWhenCommitted, validateOnly: false };
  }

  #removalOf(voters: readonly Voter[]): VoterChangeRequest | undefined {
    const voter = voters[Math.floor(this.#changeRandom() * voters.length)];
    return voter === undefined ? undefined : { kind: 'removeRaftVoter', ...CLUSTER, voter: { id: voter.id, directoryId: voter.directoryId }, validateOnly: false };
  }

  #askForChange(leader: FakeHost, request: VoterChangeRequest): void {
    this.#token += 1;
    const token = -this.#token;
    this.#asked.set(token, request);
    this.#note(`operator asks n${leader.id}: ${request.kind} n${request.voter.id}`);
    this.#guard(leader, () => leader.request(token, request));
  }

  /** A replica whose removal is committed is not needed any more: half of the time its disk is replaced. */
  #changeAnswered(token: number, response: RaftResponse): void {
    const request = this.#asked.get(token);
    this.#asked.delete(token);
    if (request === undefined || !('message' in response)) return;
    this.#note(`operator is told: ${request.kind} n${request.voter.id} ${response.error} ${response.message}`);
    if (response.error !== 'NONE') return;
    this.changesDone += 1;
    if (request.kind === 'removeRaftVoter' && this.#changeRandom() < 0.5) this.#later(this.#changeRandom() * 50, () => this.#replaceDisk(request.voter.id));
  }

  /** Not when it was added again meanwhile, or somebody does not know yet that it is gone, and may need it. */
  #replaceDisk(id: NodeId): void {
    if (this.#isVoterSomewhere(id)) return;
    const host = this.#hosts.get(id);
    if (host !== undefined) this.#crash(host, false);
    this.#note(`n${id} gets a new disk`);
    this.#giveNewDisk(id);
    this.#boot(id);
  }

  #giveNewDisk(id: NodeId): void {
    this.#disks.set(id, emptyDisk());
    this.#diskNumbers.set(id, this.#diskNumber(id) + 1);
    this.#persistedEpoch.delete(id);
    for (const key of [...this.#votes.keys()]) if (key.startsWith(`${id} in `)) this.#votes.delete(key);
  }

  /** Whether this disk votes according to any log, running or not. */
  #isVoterSomewhere(id: NodeId): boolean {
    const directoryId = directoryOf(id, this.#diskNumber(id));
    const running = [...this.#hosts.values()].map((host) => host.core.status().voters);
    const onDisk = [...this.#disks.values()].map((disk) => voterSetsOf(disk).at(-1)?.voters ?? []);
    return [...running, ...onDisk].some((voters) => voters.some((voter) => voter.directoryId === directoryId));
  }

  #diskNumber(id: NodeId): number {
    return this.#diskNumbers.get(id) ?? 0;
  }

  #partition(ids: readonly NodeId[]): void {
    const oneWay = this.#chance(0.3);
    const inside = new Set(ids.filter(() => this.#chance(0.4)));
    for (const a of ids) {
      for (const b of ids) {
        if (inside.has(a) === inside.has(b)) continue;
        if (!oneWay || inside.has(a)) this.#blocked.add(`${a}>${b}`);
      }
    }
  }

  #load(): void {
    for (const host of this.#hosts.values()) {
      const { role, epoch } = host.core.status();
      if (role === 'leader' && epoch > 0 && this.#chance(0.7)) this.#guard(host, () => host.propose([numbered((this.#value += 1))]));
    }
    if (!this.#calm) this.#later(this.#random() * 30, () => this.#load());
  }

  // ---- machinery

  #boot(id: NodeId): void {
    const disk = this.#disks.get(id);
    if (disk === undefined) throw new Error(`no disk of n${id}`);
    cutDamage(disk);
    const voters = Array.from({ length: this.weather.voters }, (_, index) => voterOf(index + 1));
    const diskNumber = this.#diskNumber(id);
    // Whoever got a new disk was formatted to join: it knows addresses, and no voters.
    const knows = diskNumber === 0 ? { bootstrapVoters: voters } : { bootstrapVoters: [], bootstrapServers: [...this.#disks.keys()].flatMap((one) => endpointsOf(one)) };
    // Some join by themselves, and some have moved: they tell the leader. Their port stays, for that is what finds them here.
    const joins = this.weather.meanChangeMs === undefined ? {} : { autoJoin: diskNumber > 0 && this.#changeRandom() < 0.3 };
    const moves = this.weather.meanChangeMs === undefined || this.#changeRandom() < 0.7 ? {} : { endpoints: endpointsOf(id).map((endpoint) => ({ ...endpoint, host: `moved-${Math.floor(this.#changeRandom() * 3)}` })) };
    const host = new FakeHost({ id, ...knows, ...joins, ...moves, disk, diskNumber, random: this.#random, world: this, fetchSnapshotMaxBytes: this.weather.snapshotPieceBytes });
    this.#hosts.set(id, host);
    this.#note(`n${id} boots`);
    this.#guard(host, () => host.start());
  }

  #crash(host: FakeHost, comesBack = true): void {
    host.crashed = true;
    if (this.#hosts.get(host.id) === host) this.#hosts.delete(host.id);
    this.#note(`n${host.id} crashes`);
    for (const other of this.#hosts.values()) {
      if (this.#isBlocked(host.id, other.id)) continue;
      this.#later(this.#random() * this.weather.maxDelayMs, () => this.#step(other, { kind: 'connectionLost', peer: host.id }));
    }
    if (comesBack && (this.#calm || this.#chance(0.7))) this.#later(this.#random() * 1000, () => (this.#hosts.has(host.id) ? undefined : this.#boot(host.id)));
  }

  /** A batch on disk is no longer what was written; sometimes the snapshot is, without which the log is worth nothing. */
  #damage(id: NodeId): void {
    const damaged = [...this.#disks].filter(([other, { recovery, damagedAt }]) => other <= this.weather.voters && other !== id && (recovery ?? damagedAt) !== undefined);
    const disk = this.#disks.get(id);
    if (disk === undefined || damaged.length >= Math.floor((this.weather.voters - 1) / 2)) return;
    if (!this.#hosts.has(id) && this.#chance(0.3)) {
      loseAll(disk);
    } else {
      const batches = disk.batches.slice(this.#chance(0.7) ? -1 : 0);
      disk.damagedAt = batches[Math.floor(this.#random() * batches.length)]?.baseOffset;
    }
    this.#note(`n${id} is damaged at ${disk.damagedAt ?? 'its start'}`);
    // Sometimes nobody can say how far it had come.
    if (disk.recovery !== undefined && this.#chance(0.3)) disk.recovery = { ...disk.recovery, endOffset: undefined };
  }

  /** An observer's disk is lost. A voter with a new disk would be another replica. */
  #wipe(host: FakeHost): void {
    if (this.#isVoterSomewhere(host.id)) return;
    this.#crash(host);
    this.#giveNewDisk(host.id);
    this.#note(`n${host.id} has lost its disk`);
  }

  #arrive(from: FakeHost, effect: Extract<Effect, { kind: 'send' }>, request: RaftRequest): void {
    const to = this.#hosts.get(nodeAt(effect));
    if (to === undefined) {
      this.#deliver(nodeAt(effect), from.id, () => this.#step(from, { kind: 'requestFailed', requestId: effect.requestId, from: effect.to, failure: 'unavailable' }));
      return;
    }
    this.#token += 1;
    this.#tokens.set(this.#token, { from: from.id, to: effect.to, requestId: effect.requestId, fromHost: from, request });
    const token = this.#token;
    this.#guard(to, () => to.request(token, request));
  }

  #step(host: FakeHost, input: Parameters<FakeHost['step']>[0]): void {
    if (this.#isAlive(host)) this.#guard(host, () => host.step(input));
  }

  /** Runs one step of a host; one that is paused gets it when it wakes, messages before timers or the other way round. */
  #guard(host: FakeHost, act: () => void): void {
    const pausedUntil = this.#pausedUntil.get(host) ?? 0;
    if (pausedUntil > this.#now) {
      this.#at(pausedUntil + this.#random(), () => (this.#isAlive(host) ? this.#guard(host, act) : undefined));
      return;
    }
    this.steps += 1;
    act();
    if (host.crashed && this.#hosts.get(host.id) === host) this.#crash(host);
    else if (host.core.status().shutdown === 'complete') this.#crash(host);
    else this.#arm(host);
  }

  #arm(host: FakeHost): void {
    const deadline = host.core.nextDeadlineMs();
    if (deadline === undefined) return;
    const atMs = Math.max(deadline, this.#now);
    if (this.#armed.get(host) === atMs) return;
    this.#armed.set(host, atMs);
    this.#at(atMs, () => {
      if (this.#armed.get(host) !== atMs) return;
      this.#armed.delete(host);
      const before = host.core.nextDeadlineMs();
      this.#step(host, { kind: 'tick' });
      const after = host.core.nextDeadlineMs();
      if (this.#isAlive(host) && (this.#pausedUntil.get(host) ?? 0) <= this.#now && before !== undefined && after !== undefined && after <= this.#now) throw new Error(`n${host.id}: the deadline ${after} does not move on`);
    });
  }

  #deliver(from: NodeId, to: NodeId, run: () => void): void {
    if (this.#isBlocked(from, to) || (!this.#calm && this.#chance(this.weather.lossRate))) return;
    this.#later(this.#random() * this.weather.maxDelayMs, run);
  }

  #isAlive(host: FakeHost): boolean {
    return !host.crashed && this.#hosts.get(host.id) === host;
  }

  #isBlocked(from: NodeId, to: NodeId): boolean {
    return this.#blocked.has(`${from}>${to}`);
  }

  #chance(rate: number): boolean {
    return this.#random() < rate;
  }

  #later(delayMs: number, run: () => void): void {
    this.#at(this.#now + delayMs, run);
  }

  #at(atMs: number, run: () => void): void {
    push(this.#queue, { atMs, order: (this.#order += 1), run });
  }

  #runUntil(endMs: number): void {
    for (let next = this.#queue[0]; next !== undefined && next.atMs <= endMs; next = this.#queue[0]) {
      pop(this.#queue);
      this.#now = Math.max(this.#now, next.atMs);
      next.run();
    }
    this.#now = Math.max(this.#now, endMs);
  }

  #note(line: string): void {
    this.trace.push(`${this.#now.toFixed(1)}ms ${line}`);
  }

  #describe(): string {
    return [...this.#hosts.values()].map((host) => host.core.describe()).join('\n');
  }
}

/** Bootstrap servers have an address and no node id. */
function nodeAt({ to, endpoints }: Extract<Effect, { kind: 'send' }>): NodeId {
  return to >= 0 ? to : (((endpoints[0]?.port ?? 9000) - 9000) as NodeId);
}

const isBefore = (a: Waiting, b: Waiting): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** A binary heap, earliest first. */
function push(heap: Waiting[], item: Waiting): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(item, heap[parent] as Waiting)) break;
    heap[at] = heap[parent] as Waiting;
    at = parent;
  }
  heap[at] = item;
}

function pop(heap: Waiting[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Waiting, heap[child] as Waiting)) child += 1;
    if (!isBefore(heap[child] as Waiting, last)) break;
    heap[at] = heap[child] as Waiting;
    at = child;
  }
  heap[at] = last;
}
