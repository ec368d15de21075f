/** What a heartbeat makes of a broker. */
export type BrokerControlState = 'fenced' | 'unfenced' | 'controlled shutdown' | 'shut down now';

export interface HeartbeatFacts {
  readonly current: Exclude<BrokerControlState, 'shut down now'>;
  readonly wantsFence: boolean;
  readonly wantsShutDown: boolean;
  /** It has applied its own latest registration, and did not shut down in this incarnation already. */
  readonly mayReturn: boolean;
  /** Asked only where the answer depends on it. */
  leadsSomething(): boolean;
  /** Every active broker has applied what the broker's controlled shutdown changed; asked only where it matters. */
  isShutdownKnown(): boolean;
}

/** The state after the heartbeat. What records it takes to get there is the caller's business. */
export function nextBrokerState(facts: HeartbeatFacts): BrokerControlState {
  switch (facts.current) {
    case 'fenced':
      if (facts.wantsShutDown) return 'shut down now';
      return !facts.wantsFence && facts.mayReturn ? 'unfenced' : 'fenced';
    case 'unfenced':
      if (facts.wantsFence) return facts.wantsShutDown ? 'shut down now' : 'fenced';
      if (!facts.wantsShutDown) return 'unfenced';
      return facts.leadsSomething() ? 'controlled shutdown' : 'shut down now';
    case 'controlled shutdown':
      return !facts.leadsSomething() && facts.isShutdownKnown() ? 'shut down now' : 'controlled shutdown';
  }
}
