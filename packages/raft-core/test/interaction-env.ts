import type { NodeId } from '@quorate/records';
import { utf8Encode } from '@quorate/records';
import type { Effect } from '../src/effect.js';
import type { RaftRequest, RaftResponse } from '../src/messages.js';
import { CLUSTER, FakeHost, cutDamage, directoryOf, emptyDisk, endpointsOf, voterOf, type Disk, type World } from './fake-host.js';
import { describeEffect, describeRequest, describeResponse } from './story-lines.js';

/** Commands that arrange the scene and have no effect of their own. */
const SETTINGS = new Set(['voters', 'observer', 'joiner', 'wipe', 'random', 'disks', 'show', 'cut', 'heal', 'kill', 'pieces', 'damage']);

/** A message that nobody has delivered yet. */
interface InFlight {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly sentMs: number;
  readonly text: string;
  readonly deliver: () => void;
}

/**
 * Runs a story: a few cores on one clock that only commands move, and a pool of messages that only commands deliver. Nothing is
 * random: each node's random number is the one the story gives it. Commands: testdata/README.md.
 */
export class InteractionEnv implements World {
  #now = 0;
  #out: string[] = [];
  #pool: InFlight[] = [];
  #hosts = new Map<NodeId, FakeHost>();
  #disks = new Map<NodeId, Disk>();
  #voters: number[] = [];
  #randoms = new Map<NodeId, number>();
  #cut = new Set<string>();
  #tokens = new Map<number, { asker: FakeHost; askedAs: NodeId; requestId: number }>();
  #token = 0;
  #reads = 0;
  #operatorTokens = new Set<number>();
  #joiners = new Set<number>();
  #diskNumbers = new Map<number, number>();
  readonly #verifications = new Map<NodeId, Extract<Effect, { kind: 'verifyLog' }>>();
  #instantDisks = false;
  #pieceBytes: number | undefined;
  #show: 'messages' | 'events' | 'nothing' = 'messages';

  /** Carries out one command and returns what happened, line by line. */
  execute(command: string): readonly string[] {
    this.#out = [];
    const [verb = '', ...args] = command.split(/\s+/);
    const act = this.#commands[verb];
    if (act === undefined) throw new Error(`unknown command "${verb}"; known: ${Object.keys(this.#commands).join(' ')}`);
    act(args);
    return this.#out.length === 0 && this.#show !== 'nothing' && !SETTINGS.has(verb) ? ['(nothing happens)'] : this.#out;
  }

  readonly #commands: Readonly<Record<string, (args: readonly string[]) => void>> = {
    voters: (args) => this.#setVoters(args.map(nodeNumber)),
    observer: (args) => this.#addObserver(args),
    joiner: (args) => args.forEach((node) => this.#addJoiner(nodeNumber(node))),
    wipe: ([node]) => this.#wipe(nodeNumber(node)),
    add: ([leader, node]) => this.#addVoter(leader, nodeNumber(node)),
    remove: ([leader, node, disk]) => this.#removeVoter(leader, nodeNumber(node), disk),
    random: ([node, value]) => this.#setRandom(node, value),
    disks: ([mode]) => this.#setDisks(mode),
    show: ([what]) => this.#setShow(what),
    start: (args) => args.forEach((node) => this.#boot(nodeNumber(node))),
    advance: ([ms]) => this.#advance(Number(ms)),
    deliver: (args) => this.#deliverSome(args),
    drop: (args) => this.#drop(args),
    run: ([ms]) => this.#run(Number(ms)),
    flush: (args) => args.forEach((node) => this.#host(node).flush()),
    propose: ([node, ...words]) => this.#propose(node, words.join(' ')),
    read: ([node]) => this.#host(node).step({ kind: 'read', token: (this.#reads += 1) }),
    kill: ([node]) => this.#kill(node),
    lost: ([node, peer]) => this.#host(node).step({ kind: 'connectionLost', peer: nodeNumber(peer) as NodeId }),
    cut: (args) => this.#setCut(args),
    heal: () => this.#heal(),
    transfer: ([node, to]) => this.#host(node).step({ kind: 'transfer', token: 1, successorId: to === undefined ? undefined : (nodeNumber(to) as NodeId), validateOnly: false }),
    resign: ([node, ...reason]) => this.#host(node).step({ kind: 'resign', epoch: this.#host(node).core.status().epoch, reason: reason.join(' ') }),
    shutdown: ([node]) => this.#host(node).step({ kind: 'shutdown' }),
    status: (args) => this.#status(args),
    pieces: ([bytes]) => (this.#pieceBytes = Number(bytes)),
    damage: ([node, offset]) => this.#damage(nodeNumber(node) as NodeId, Number(offset)),
    verify: ([node]) => this.#verify(this.#host(node)),
    snapshot: ([node]) => this.#snapshot(this.#host(node)),
    clean: ([node]) => this.#clean(this.#host(node)),
    log: (args) => args.forEach((node) => this.#log(node)),
  };

  // ---- the world that a host sees

  nowMs(): number {
    return this.#now;
  }

  send(from: FakeHost, effect: Extract<Effect, { kind: 'send' }>, request: RaftRequest): void {
    const text = describeRequest(request);
    const to = nodeAt(effect);
    this.#say(from.id, `-> n${to} ${text}`, true);
    this.#post(from.id, to, text, () => this.#arrive(from, effect, request));
  }

  reply(from: FakeHost, token: number, response: RaftResponse): void {
    if (this.#operatorTokens.delete(token)) return this.#say(from.id, `=> operator: ${describeResponse(response)}`);
    const asked = this.#tokens.get(token);
    if (asked === undefined) return;
    this.#tokens.delete(token);
    const text = describeResponse(response);
    this.#say(from.id, `=> n${asked.asker.id} ${text}`, true);
    this.#post(from.id, asked.asker.id, text, () => {
      if (this.#hosts.get(asked.asker.id) === asked.asker) asked.asker.step({ kind: 'response', requestId: asked.requestId, from: asked.askedAs, response });
    });
  }

  checkConnection(from: FakeHost, peer: NodeId): void {
    const up = this.#hosts.has(peer) && !this.#isCut(from.id, peer);
    this.#say(from.id, `checks its connection to n${peer}: ${up ? 'up' : 'lost'}`);
    this.#post(from.id, from.id, 'connection', () => from.step({ kind: up ? 'connectionUp' : 'connectionLost', peer }));
  }

  observe(from: FakeHost, effect: Effect): void {
    const text = describeEffect(effect);
    if (text !== undefined) this.#say(from.id, text);
    if (effect.kind === 'verifyLog') this.#verifications.set(from.id, effect);
    if (this.#instantDisks && (effect.kind === 'append' || effect.kind === 'appendControl')) {
      const upTo = { endOffset: from.endOffset, generation: from.generation };
      this.#post(from.id, from.id, 'flush', () => from.flush(upTo));
    }
  }

  // ---- commands

  #setVoters(ids: readonly number[]): void {
    this.#voters = [...ids];
    for (const id of ids) this.#disks.set(id as NodeId, emptyDisk());
  }

  #addObserver([node]: readonly string[]): void {
    this.#disks.set(nodeNumber(node) as NodeId, emptyDisk());
  }

  /** A node that was formatted to join: it has no voter set, and asks the first voters' addresses. */
  #addJoiner(id: number): void {
    this.#disks.set(id as NodeId, emptyDisk());
    this.#joiners.add(id);
  }

  /** A new, empty disk: another replica under the same node id, formatted to join. */
  #wipe(id: number): void {
    this.#addJoiner(id);
    this.#diskNumbers.set(id, this.#diskNumber(id) + 1);
  }

  #diskNumber(id: number): number {
    return this.#diskNumbers.get(id) ?? 0;
  }

  #addVoter(leader: string | undefined, id: number): void {
    const voter = { id: id as NodeId, directoryId: directoryOf(id, this.#diskNumber(id)) };
    this.#askAsOperator(leader, { kind: 'addRaftVoter', ...CLUSTER, timeoutMs: 10_000, voter, endpoints: endpointsOf(id), ackWhenCommitted: true, validateOnly: false });
  }

  /** `remove n1 n3`; `remove n1 n3 old` means the disk that n3 had before it was wiped. */
  #removeVoter(leader: string | undefined, id: number, disk: string | undefined): void {
    const voter = { id: id as NodeId, directoryId: directoryOf(id, this.#diskNumber(id) - (disk === 'old' ? 1 : 0)) };
    this.#askAsOperator(leader, { kind: 'removeRaftVoter', ...CLUSTER, voter, validateOnly: false });
  }

  #askAsOperator(node: string | undefined, request: RaftRequest): void {
    this.#token += 1;
    this.#operatorTokens.add(this.#token);
    this.#host(node).request(this.#token, request);
  }

  #setRandom(node: string | undefined, value: string | undefined): void {
    this.#randoms.set(nodeNumber(node) as NodeId, Number(value));
  }

  #setDisks(mode: string | undefined): void {
    this.#instantDisks = mode === 'instant';
  }

  #setShow(what: string | undefined): void {
    if (what !== 'messages' && what !== 'events' && what !== 'nothing') throw new Error(`show messages, events or nothing; not ${what}`);
    this.#show = what;
  }

  #boot(id: number): void {
    const disk = this.#disks.get(id as NodeId);
    if (disk === undefined) throw new Error(`n${id} is neither voter nor observer`);
    cutDamage(disk);
    const random = () => this.#randoms.get(id as NodeId) ?? 0.5;
    const joins = this.#joiners.has(id);
    const host = new FakeHost({
      id,
      bootstrapVoters: joins ? [] : this.#voters.map((voter) => voterOf(voter)),
      bootstrapServers: joins ? this.#voters.flatMap((voter) => endpointsOf(voter)) : [],
      disk,
      diskNumber: this.#diskNumber(id),
      random,
      world: this,
      ...(this.#pieceBytes === undefined ? {} : { fetchSnapshotMaxBytes: this.#pieceBytes }),
    });
    this.#hosts.set(host.id, host);
    host.start();
  }

  /** Moves the clock, deadline by deadline; messages stay where they are. */
  #advance(ms: number): void {
    const endMs = this.#now + ms;
    for (let next = this.#nextDue(endMs); next !== undefined; next = this.#nextDue(endMs)) {
      this.#now = Math.max(this.#now, next.atMs);
      next.host.step({ kind: 'tick' });
    }
    this.#now = endMs;
  }

  #nextDue(endMs: number): { host: FakeHost; atMs: number } | undefined {
    let first: { host: FakeHost; atMs: number } | undefined;
    for (const host of this.#hosts.values()) {
      const atMs = host.core.nextDeadlineMs();
      if (atMs !== undefined && atMs <= endMs && (first === undefined || atMs < first.atMs)) first = { host, atMs };
    }
    return first;
  }

  /** `deliver` what is in flight now; `deliver all` until nothing is; `deliver n1>n2` on one way only. */
  #deliverSome([what]: readonly string[]): void {
    const route = what === undefined || what === 'all' ? undefined : what;
    let limit = what === 'all' ? 1000 : 1;
    while (limit-- > 0 && this.#pool.length > 0) {
      const taken = this.#pool.filter((message) => matches(message, route));
      this.#pool = this.#pool.filter((message) => !matches(message, route));
      for (const message of taken) message.deliver();
    }
    if (limit === 0 && what === 'all') throw new Error('messages without end');
  }

  #drop([route]: readonly string[]): void {
    for (const message of this.#pool.filter((one) => matches(one, route))) this.#note(`lost on the way n${message.from}>n${message.to}: ${message.text}`);
    this.#pool = this.#pool.filter((message) => !matches(message, route));
  }

  /** Lets things happen by themselves: every message takes one millisecond. */
  #run(ms: number): void {
    for (let step = 0; step < ms; step += 1) {
      const arriving = this.#pool.filter((message) => message.sentMs < this.#now + 1);
      this.#advance(1);
      this.#pool = this.#pool.filter((message) => !arriving.includes(message));
      for (const message of arriving) message.deliver();
    }
  }

  #propose(node: string | undefined, text: string): void {
    this.#host(node).propose([{ type: 20, version: 0, payload: utf8Encode(text) }]);
  }

  #kill(node: string | undefined): void {
    const host = this.#host(node);
    host.crashed = true;
    this.#hosts.delete(host.id);
    const lost = host.batches.length - host.disk.batches.length;
    if (lost > 0) this.#note(lost === 1 ? '1 batch was not flushed and is gone' : `${lost} batches were not flushed and are gone`);
    for (const other of this.#hosts.values()) {
      if (!this.#isCut(host.id, other.id)) this.#post(host.id, other.id, 'connection broken', () => other.step({ kind: 'connectionLost', peer: host.id }));
    }
  }

  /** The batch with that offset is not what was written: found at the next start, or when it is read. */
  #damage(id: NodeId, offset: number): void {
    const disk = this.#disks.get(id);
    const batch = disk?.batches.find((one) => one.baseOffset <= offset && one.endOffset > offset);
    if (disk === undefined || batch === undefined) throw new Error(`n${id} has no flushed batch with offset ${offset}`);
    disk.damagedAt = batch.baseOffset;
  }

  #verify(host: FakeHost): void {
    const wanted = this.#verifications.get(host.id);
    if (wanted === undefined) throw new Error(`n${host.id} does not verify its log`);
    this.#verifications.delete(host.id);
    host.verify(wanted);
  }

  #snapshot(host: FakeHost): void {
    const made = host.makeSnapshot();
    this.#note(made === undefined ? 'there is nothing new to make a snapshot of' : `n${host.id} has made snapshot ${made.id.endOffset}-${made.id.epoch}`);
  }

  /** The log before the newest snapshot goes. */
  #clean(host: FakeHost): void {
    const newest = host.disk.snapshots.at(-1);
    if (newest === undefined) throw new Error(`n${host.id} has no snapshot`);
    host.advanceLogStart(newest);
  }

  #setCut(nodes: readonly string[]): void {
    for (const node of nodes) this.#cut.add(node);
  }

  #heal(): void {
    this.#cut.clear();
  }

  #status(nodes: readonly string[]): void {
    const hosts = nodes.length === 0 ? [...this.#hosts.values()] : nodes.map((node) => this.#host(node));
    for (const host of [...hosts].sort((a, b) => a.id - b.id)) this.#out.push(host.core.describe());
  }

  #log(node: string): void {
    const host = this.#host(node);
    const batches = host.batches.map((batch) => `${batch.baseOffset}-${batch.endOffset} e${batch.epoch}${batch.isControl ? ' control' : ''}`);
    const snapshots = host.disk.snapshots.map(({ id }) => `snapshot ${id.endOffset}-${id.epoch}, `).join('');
    this.#out.push(`n${host.id} log: ${snapshots}${batches.join(' | ') || 'empty'}`);
  }

  // ---- machinery

  #arrive(from: FakeHost, effect: Extract<Effect, { kind: 'send' }>, request: RaftRequest): void {
    const to = this.#hosts.get(nodeAt(effect));
    if (to === undefined) {
      this.#say(from.id, `cannot reach n${nodeAt(effect)}`, true);
      from.step({ kind: 'requestFailed', requestId: effect.requestId, from: effect.to, failure: 'unavailable' });
      return;
    }
    this.#token += 1;
    this.#tokens.set(this.#token, { asker: from, askedAs: effect.to, requestId: effect.requestId });
    to.request(this.#token, request);
  }

  #post(from: NodeId, to: NodeId, text: string, deliver: () => void): void {
    if (this.#isCut(from, to)) return;
    this.#pool.push({ from, to, text, sentMs: this.#now, deliver });
  }

  #isCut(a: NodeId, b: NodeId): boolean {
    if (this.#cut.has(`n${a}>n${b}`)) return true;
    if (this.#cut.has(`n${a}-n${b}`) || this.#cut.has(`n${b}-n${a}`)) return true;
    return this.#cut.has(`n${a}`) !== this.#cut.has(`n${b}`);
  }

  #host(node: string | undefined): FakeHost {
    const host = this.#hosts.get(nodeNumber(node) as NodeId);
    if (host === undefined) throw new Error(`${node} is not running`);
    return host;
  }

  #say(node: NodeId, text: string, isMessage = false): void {
    if (this.#show === 'nothing' || (isMessage && this.#show === 'events')) return;
    this.#out.push(`${String(Math.round(this.#now)).padStart(6)}ms n${node} ${text}`);
  }

  #note(text: string): void {
    this.#out.push(`(${text})`);
  }
}

function matches(message: InFlight, route: string | undefined): boolean {
  if (route === undefined) return true;
  const [from = '', to = ''] = route.split('>');
  return (from === '' || nodeNumber(from) === message.from) && (to === '' || nodeNumber(to) === message.to);
}

/** Bootstrap servers have an address and no node id. */
function nodeAt({ to, endpoints }: Extract<Effect, { kind: 'send' }>): NodeId {
  return to >= 0 ? to : (((endpoints[0]?.port ?? 9000) - 9000) as NodeId);
}

function nodeNumber(node: string | undefined): number {
  const number = Number(node?.replace(/^n/, ''));
  if (node === undefined || !Number.isInteger(number)) throw new Error(`expected a node such as n1, got ${node}`);
  return number;
}
